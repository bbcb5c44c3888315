import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What libvirt.conf says about URIs. */
interface ClientConfig {
  uriDefault: string | undefined;
  aliases: ReadonlyMap<string, string>;
}

/**
 * The URI that libvirt will open for a name: what its libvirt.conf makes of an alias, or of no URI at all. libvirt does this
 * by itself; it is done here as well since only the URI that comes of it shows whether ssh might ask on the terminal.
 *
 * @param read - gives the text of libvirt.conf; undefined where there is none
 */
export function resolveUri(uri: string | undefined, read = readClientConfig): string | undefined {
  if (uri !== undefined && !/^[\w-]+$/.test(uri)) return uri;
  const { uriDefault, aliases } = parseClientConfig(read() ?? '');
  const wanted = uri ?? uriDefault;
  return wanted === undefined ? undefined : (aliases.get(wanted) ?? wanted);
}

function readClientConfig(): string | undefined {
  const home = process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  const directory = process.geteuid?.() === 0 ? '/etc' : home;
  try {
    return readFileSync(join(directory, 'libvirt', 'libvirt.conf'), 'utf8');
  } catch {
    return undefined;
  }
}

const text = /"([^"]*)"|'([^']*)'/g;

function parseClientConfig(config: string): ClientConfig {
  const lines = config.replace(/^\s*#.*$/gm, '');
  const uriDefault = /^\s*uri_default\s*=\s*["']([^"'\n]*)["']/m.exec(lines)?.[1];
  const list = /^\s*uri_aliases\s*=\s*\[([^\]]*)\]/m.exec(lines)?.[1] ?? '';
  const items = [...list.matchAll(text)].map(([, double, single]) => double ?? single ?? '');
  const pairs = items.map((item): [string, string] => {
    const [name = ''] = item.split('=', 1);
    return [name, item.slice(name.length + 1)];
  });
  return { uriDefault, aliases: new Map(pairs) };
}
