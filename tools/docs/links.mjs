/** Finds links of a folder of HTML that lead nowhere. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const decoded = (text) => decodeURIComponent(text.replaceAll('&amp;', '&').replaceAll('&quot;', '"'));

/** @returns {string[]} `page: link`, for each link to a file or to a place in a page that is not there */
export function deadLinks(folder) {
  const pages = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.html'));
  const texts = new Map(pages.map((page) => [path.join(folder, page), readFileSync(path.join(folder, page), 'utf8')]));
  const places = new Map(
    [...texts].map(([file, text]) => [
      file,
      new Set([...text.matchAll(/ (?:id|name)="([^"]*)"/g)].map(([, id]) => decoded(id))),
    ]),
  );
  const dead = [];
  for (const [file, text] of texts) {
    for (const [, link] of text.matchAll(/<(?:a|link|script|img)\b[^>]*? (?:href|src)="([^"]*)"/g)) {
      if (/^(https?:|mailto:|data:|#$)/.test(link)) continue;
      const [to, anchor] = decoded(link).split('#');
      const target = to === '' ? file : path.join(path.dirname(file), to.replace(/\?.*/, ''));
      const there = existsSync(target) && statSync(target).isFile();
      if (!there || (anchor && places.has(target) && !places.get(target).has(anchor))) {
        dead.push(`${path.relative(folder, file)}: ${link}`);
      }
    }
  }
  return [...new Set(dead)];
}
