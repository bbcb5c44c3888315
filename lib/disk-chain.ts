/** The elements of a tag that are not inside another one of the same tag, as text. */
function elements(xml: string, tag: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (const match of xml.matchAll(new RegExp(`<(/?)${tag}(?=[\\s/>])[^>]*?(/?)>`, 'g'))) {
    const [text, closing, single] = match;
    if (single === '/') {
      if (depth === 0) found.push(text);
    } else if (closing === '/') {
      depth -= 1;
      if (depth === 0) found.push(xml.slice(start, match.index + text.length));
    } else {
      if (depth === 0) start = match.index;
      depth += 1;
    }
  }
  return found;
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&apos;', '"': '&quot;' };

interface DiskElement {
  /** All but the mirror. */
  readonly own: string;
  readonly mirrors: readonly string[];
}

/** A disk in a machine's description, by its target or its path; undefined when that cannot be told. */
async function diskElement(ask: () => Promise<string>, disk: string): Promise<DiskElement | undefined> {
  // What is no text is refused by the raw layer, with the names of function and argument.
  const given: unknown = disk;
  const xml = typeof given === 'string' ? await ask().catch(() => undefined) : undefined;
  if (xml === undefined) return undefined;
  const name = disk.replaceAll(/[&<>'"]/g, (sign) => escapes[sign] ?? sign);
  for (const element of elements(xml, 'disk')) {
    // A mirror has files of its own.
    const mirrors = elements(element, 'mirror');
    const own = mirrors.reduce((text, mirror) => text.replace(mirror, ''), element);
    const top = elements(own, 'backingStore').reduce((text, backing) => text.replace(backing, ''), own);
    const named = [...top.matchAll(/<target\s[^>]*?dev='([^']*)'|<source\s[^>]*?(?:file|dev|name)='([^']*)'/g)];
    if (named.some(([, target, source]) => target === name || source === name)) return { own, mirrors };
  }
  return undefined;
}

/**
 * How many files a disk of a running machine has below its topmost one; undefined when that cannot be told.
 *
 * @param disk - its target, such as `vda`, or its path
 */
export async function chainLength(ask: () => Promise<string>, disk: string): Promise<number | undefined> {
  const element = await diskElement(ask, disk);
  return element && (element.own.match(/<backingStore\s+type=/g)?.length ?? 0);
}

/** Whether the machine can go over to a disk's mirror; undefined when nobody can say. */
export async function hasReadyMirror(ask: () => Promise<string>, disk: string): Promise<boolean | undefined> {
  const element = await diskElement(ask, disk);
  return element?.mirrors.some((mirror) => /^<mirror\s[^>]*\bready='yes'/.test(mirror));
}
