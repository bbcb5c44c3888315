import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as constants from '../lib/constants.js';
import { readCells } from './tables.js';

const root = path.join(__dirname, '..');
const binary = process.env['LIBVIRT_NAPI_BINARY'] ?? path.join(root, 'build/Release/libvirt.node');

interface Report {
  problems: Record<string, string[]>;
  stale: boolean;
}

let scratch: string;
/** The account of this tree. */
let now: Report;
beforeAll(() => {
  now = report(root);
  scratch = mkdtempSync(path.join(tmpdir(), 'libvirt-napi-coverage-'));
});
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

const run = (place: string, script: string, ...args: string[]) =>
  spawnSync(process.execPath, [path.join(place, 'tools', script), ...args], {
    encoding: 'utf8',
    env: { ...process.env, LIBVIRT_NAPI_BINARY: binary },
  });

function report(place: string): Report {
  const { stdout, stderr } = run(place, 'coverage.mjs', 'report');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Report;
}

/** A copy of all that the tools read, so that a test may break it. */
function copy(name: string): string {
  const place = path.join(scratch, name);
  for (const part of ['tools', 'lib', 'src/generated', 'docs/coverage.md', 'package.json']) {
    mkdirSync(path.dirname(path.join(place, part)), { recursive: true });
    cpSync(path.join(root, part), path.join(place, part), { recursive: true });
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(place, 'node_modules'));
  return place;
}

function edit(place: string, file: string, before: string | RegExp, after: string): void {
  const text = readFileSync(path.join(place, file), 'utf8');
  const changed = text.replace(before, after);
  expect({ file, before, found: changed !== text }).toEqual({ file, before, found: true });
  writeFileSync(path.join(place, file), changed);
}

describe('the account', () => {
  // One test for each kind, so that a failure says what is wrong and shows the whole list.
  it.each([
    ['unnamed', 'every function has a row in tools/names.tsv'],
    ['unbound', 'every function is bound or left out for a reason'],
    ['unknown', 'every bound function is one of libvirt’s'],
    ['plumbing', 'nothing is bound that tools/names.tsv leaves out'],
    ['later', 'nothing is bound that tools/api/later.tsv puts off, and no row of it is idle'],
    ['missing', 'every bound function has its facade method'],
    ['documentation', 'every facade method has TSDoc, @see and @since, and they are right'],
    ['jobs', 'long operations give a Job'],
    ['members', 'every member of the facade is a C function or has a reason'],
    ['untyped', 'the types of the raw layer are those of the bound functions'],
    ['callbacks', 'every callback type has a place or a reason'],
    ['constants', 'every constant is there with its value'],
    ['fields', 'tools/api/fields.tsv has every field that libvirt has a name for, with its version'],
  ])('%s: %s', (kind) => {
    expect(now.problems[kind]).toEqual([]);
  });

  it('has no other kinds of problems', () => {
    expect(Object.keys(now.problems)).toHaveLength(13);
  });

  it('is what docs/coverage.md shows', () => {
    expect(now.stale).toBe(false);
  });

  it('shows every symbol of the description with its place and version, or the reason why it is not there', () => {
    const page = readFileSync(path.join(root, 'docs/coverage.md'), 'utf8');
    const shown = new Map<string, string[]>();
    for (const [, name = '', rest = ''] of page.matchAll(/^\| `(vir\w+|VIR_\w+)` +\| (.*) \|$/gim)) {
      expect([name, shown.get(name)]).toEqual([name, undefined]);
      shown.set(
        name,
        rest.split('|').map((cell) => cell.trim()),
      );
    }
    // Where a reason stands for many: `**Handles …** (50) `virConnectRef`, …`
    const left = page.split('\n').filter((line) => /^(\*\*|\d+ counters|Left out)/.test(line));
    const reasons = new Set(left.flatMap((line) => [...line.matchAll(/`(vir\w+|VIR_\w+)`/g)].map(([, name]) => name)));
    const values = new Map<string, string>();
    for (const [object, members] of Object.entries(constants)) {
      if (typeof members !== 'object') continue;
      for (const [member, value] of Object.entries(members)) values.set(`\`${object}.${member}\``, String(value));
    }

    const wrong: unknown[] = [];
    const look = (name: string, since: string, place: (text: string) => boolean) => {
      const cells = shown.get(name);
      if (cells === undefined ? reasons.has(name) : cells.includes(since) && cells.some(place)) return;
      wrong.push([name, since, cells]);
    };
    for (const [name = '', , , since = ''] of readCells('tools/api/functions.tsv'))
      look(name, since, (text) => /^\[`|^streams/.test(text));
    for (const [name = '', , since = ''] of readCells('tools/api/callbacks.tsv'))
      look(name, since, (text) => /^`|\w \w/.test(text));
    for (const [, name = '', value = '', since = ''] of readCells('tools/api/enums.tsv'))
      look(name, since, (text) => values.get(text) === value);
    for (const [name = '', kind, value, since = ''] of readCells('tools/api/macros.tsv'))
      look(name, since, (text) => (kind === 'alias' ? values.has(text) : values.get(text) === value));
    expect(wrong).toEqual([]);
    expect(shown.size + reasons.size).toBe(568 + 57 + 1094 + 498 + 15);
  });

  it('leaves no strong reference to a function newer than libvirt 7.0', () => {
    const { status, stdout, error } = spawnSync('nm', ['-D', '--undefined-only', binary], { encoding: 'utf8' });
    expect({ status, error }).toEqual({ status: 0, error: undefined });
    const strong = new Set([...stdout.matchAll(/ U (vir\w+)/g)].map(([, name]) => name));
    const weak = readFileSync(path.join(root, 'src/generated/weak.h'), 'utf8');
    const newer = [...weak.matchAll(/\((?:weak)\)\) [^;(]*?(vir\w+)\(/g)].map(([, name]) => name);
    expect(newer.length).toBeGreaterThan(20);
    expect(newer.filter((name) => strong.has(name))).toEqual([]);
  });
});

describe('tools/coverage.mjs', () => {
  /** What a copy has that the tree has not. */
  function added(place: string): Record<string, string[]> {
    const entries = Object.entries(report(place).problems).map(([kind, found]): [string, string[]] => [
      kind,
      found.filter((line) => now.problems[kind]?.includes(line) !== true).sort(),
    ]);
    return Object.fromEntries(entries.filter(([, found]) => found.length > 0));
  }

  it('refuses a command that it does not know', () => {
    const { status, stderr } = run(root, 'coverage.mjs', 'everything');
    expect({ status, usage: stderr.startsWith('usage') }).toEqual({ status: 1, usage: true });
  });

  it('says so when there is no addon', () => {
    const place = copy('none');
    const { status, stderr } = spawnSync(process.execPath, [path.join(place, 'tools/coverage.mjs')], {
      encoding: 'utf8',
      env: { ...process.env, LIBVIRT_NAPI_BINARY: '' },
    });
    expect(status).toBe(1);
    expect(stderr).toContain('build it first');
  });

  it('finds what is wrong with methods', () => {
    const place = copy('methods');
    edit(place, 'lib/network.ts', '@see virNetworkCreate', '@see virNetworkDestroy');
    edit(place, 'lib/network.ts', '  destroy(): Promise<void> {', '  stop(): Promise<void> {');
    edit(place, 'lib/connection-networks.ts', '@since libvirt 0.2.0; with flags 7.7.0', '@since libvirt 0.2.0');
    edit(place, 'lib/connection-networks.ts', '@since libvirt 0.10.2', '@since libvirt 0.10.3');
    edit(place, 'lib/domain.ts', /\/\*\*(?:(?!\*\/)[^])*\*\/\n(?= {2}suspend\(\))/, '');
    edit(place, 'lib/version.ts', /\n \* @since.*/, '');
    expect(added(place)).toEqual({
      missing: ['Network.destroy (virNetworkDestroy)'],
      members: ['Network.stop'],
      documentation: [
        'Connection.defineNetworkXML: @since does not mention 7.7.0',
        'Connection.listAllNetworks: @since 0.10.3 is no version of libvirt’s',
        'Connection.listAllNetworks: @since begins with 0.10.3, libvirt says 0.10.2',
        'Connection.listAllNetworks: @since does not mention 0.10.2',
        'Domain.suspend: @see does not name virDomainSuspend',
        'Domain.suspend: no @since',
        'Domain.suspend: no TSDoc',
        'Network.create: @see does not name virNetworkCreate',
        'Network.create: @see names virNetworkDestroy, which is not this method’s',
        'getVersion: no @since',
      ],
    });
    expect(report(place).stale).toBe(true);
  });

  it('finds members without a C function whose version is not that of what they use', () => {
    const place = copy('own');
    edit(place, 'lib/domain.ts', /(@since libvirt) 0\.9\.2(?=\n {3}\*\/\n {2}async waitForState)/, '$1 0.8.0');
    edit(place, 'lib/network.ts', / \* @since libvirt 1\.2\.6\n(?= {3}\*\/\n {2}async waitForLease)/, '');
    edit(
      place,
      'lib/storage-vol.ts',
      /(@see virStorageVol)Download(?=\n.*\n {3}\*\/\n {2}createReadStream)/,
      '$1Upload',
    );
    edit(place, 'tools/api/own.tsv', /^(Domain.shutdownAndWait\t)virDomainShutdown/m, '$1virDomainStop');
    edit(place, 'tools/api/own.tsv', /^(StorageVol.createWriteStream\t)virStorageVolUpload/m, '$1-');
    expect(added(place)).toEqual({
      documentation: [
        'Domain.shutdownAndWait: virDomainStop is no function of libvirt',
        'Domain.waitForState: @since is 0.8.0, what it uses needs 0.9.2',
        'Network.waitForLease: @since is not there, what it uses needs 1.2.6',
        'StorageVol.createReadStream: @see names virStorageVolUpload, which own.tsv does not say that it uses',
        'StorageVol.createWriteStream: @see names virStorageVolUpload, which own.tsv does not say that it uses',
        'StorageVol.createWriteStream: @since is 0.9.0, what it uses needs none',
      ],
    });
  });

  it('finds functions that are bound and said not to be, and the other way round', () => {
    const place = copy('functions');
    edit(
      place,
      'tools/api/later.tsv',
      /$/,
      'virNetworkIs*\tevents\tcomes with events\nvirNothing\tevents\tcomes with events\n',
    );
    edit(place, 'tools/names.tsv', /^virDomainResume\t.*$/m, 'virDomainResume\t-\terror\t-\t-\t-');
    edit(place, 'tools/names.tsv', /^virDomainRef\t.*\n/m, '');
    edit(
      place,
      'tools/api/functions.tsv',
      /^virNetworkUndefine\t.*$/m,
      'virNetworkNew\tlibvirt\tlibvirt-network\t13.0.0\tint\t-',
    );
    edit(place, 'lib/native/network.ts', 'virNetworkCreate(', 'virNetworkCreateIt(');
    expect(added(place)).toEqual({
      unnamed: ['virDomainRef', 'virNetworkNew'],
      unknown: ['virNetworkUndefine is bound, and no function of libvirt'],
      plumbing: ['virDomainResume'],
      later: [
        'virNetworkIs* fits virNetworkIsActive, which is bound',
        'virNetworkIs* fits virNetworkIsPersistent, which is bound',
        'virNothing fits nothing',
      ],
      members: ['Domain.resume', 'Network.undefine'],
      untyped: ['virNetworkCreate is not in lib/native/', 'virNetworkCreateIt is in lib/native/ and not bound'],
    });
  });

  it('finds constants and callback types that are missing, or other than libvirt’s', () => {
    const place = copy('constants');
    edit(place, 'lib/constants/network.ts', /\n.*\n {2}PERSISTENT: 4,/, '');
    edit(place, 'lib/constants/network.ts', 'TRANSIENT: 8', 'TRANSIENT: 9');
    edit(place, 'lib/constants/network.ts', 'AUTOSTART: 16', 'AUTOSTART: 16,\n  MORE: 64');
    edit(place, 'tools/api/macros.tsv', /$/, 'VIR_DOMAIN_JOB_NEW\tstring\tnew\t13.0.0\tlibvirt-domain\n');
    edit(place, 'tools/api/callbacks.tsv', /$/, 'virNewCallback\tlibvirt-domain\t13.0.0\tvoid\t-\n');
    expect(added(place)).toEqual({
      callbacks: ['virNewCallback'],
      constants: [
        'ConnectListAllNetworksFlags.MORE is no constant of libvirt’s',
        'VIR_CONNECT_LIST_NETWORKS_PERSISTENT is not ConnectListAllNetworksFlags.PERSISTENT',
        'VIR_CONNECT_LIST_NETWORKS_TRANSIENT is 8, not 9',
        'VIR_DOMAIN_JOB_NEW is not DomainJobField.NEW',
      ],
      fields: ['VIR_DOMAIN_JOB_NEW is not jobStats new'],
    });
  });

  it('finds fields that the table lacks, has for nothing, or has with another version', () => {
    const place = copy('fields');
    const prefix = 'VIR_DOMAIN_STATS_BLOCK_SUFFIX_';
    const bin = `${prefix}LATENCY_HISTOGRAM_SUFFIX_BIN_SUFFIX_`;
    const macros = [
      [`${prefix}NEW`, '.new'],
      [`${bin}END`, '.end'],
      ['VIR_DOMAIN_STATS_SWAP_PREFIX', 'swap.'],
      ['VIR_DOMAIN_STATS_SWAP_SUFFIX_NAME', '.name'],
      ['VIR_DOMAIN_STATS_CUSTOM_SUFFIX_TYPE_MIN', '.min'],
    ].map(([name, value]) => `${name ?? ''}\tstring\t${value ?? ''}\t13.0.0\tlibvirt-domain\n`);
    edit(place, 'tools/api/macros.tsv', /$/, macros.join(''));
    edit(place, 'tools/api/fields.tsv', /^(scheduler\tcap\tuint)\t0.9.7/m, '$1\t-');
    edit(place, 'tools/api/fields.tsv', /^(memory\thard_limit\tullong)\t0.8.5/m, '$1\t0.8.4');
    edit(place, 'tools/api/fields.tsv', /^(domainStats\tperf.cmt\tullong)\t1.3.3/m, '$1\t11.3.0');
    edit(place, 'tools/api/fields.tsv', /^(domainStats\tiothread.<n>.poll-weight\tuint)\t12.7.0/m, '$1\t-');
    edit(place, 'tools/api/fields.tsv', /^domainStats\tnet.<n>.rx.drop\t.*\n/m, '');
    edit(place, 'tools/api/fields.tsv', /$/, 'guestInfo\tos.age\tint\t-\tout\t-\n');
    expect(added(place)['fields']).toEqual(
      [
        `${prefix}NEW is not domainStats block.<n>.new`,
        `${bin}END is not domainStats block.<n>.latency_histogram.flush.bin.<n>.end`,
        `${bin}END is not domainStats block.<n>.latency_histogram.read.bin.<n>.end`,
        `${bin}END is not domainStats block.<n>.latency_histogram.write.bin.<n>.end`,
        `${bin}END is not domainStats block.<n>.latency_histogram.zone_append.bin.<n>.end`,
        'VIR_DOMAIN_STATS_CUSTOM_SUFFIX_TYPE_MIN is not domainStats <name>.min',
        'VIR_DOMAIN_STATS_NET_SUFFIX_RX_DROP is not domainStats net.<n>.rx.drop',
        'VIR_DOMAIN_STATS_SWAP_PREFIX is not domainStats swap.',
        'VIR_DOMAIN_STATS_SWAP_SUFFIX_NAME is not domainStats swap.<n>.name',
        'domainStats iothread.<n>.poll-weight came with 12.7.0, not -',
        'domainStats perf.cmt came with 11.2.0, not 11.3.0',
        'guestInfo os.age is no field of libvirt’s',
        'memory hard_limit came with 0.8.5, not 0.8.4',
        'scheduler cap came with 0.9.7, not -',
      ].sort(),
    );
  });

  it('fails as a check, with the lists, and writes the page', () => {
    const place = copy('check');
    edit(place, 'lib/network.ts', '@see virNetworkCreate', '@see virNetworkDestroy');
    edit(place, 'docs/coverage.md', '# Coverage', '# Cover');
    const { status, stderr } = run(place, 'coverage.mjs', 'check');
    expect(status).toBe(1);
    expect(stderr).toContain('Network.create: @see does not name virNetworkCreate');
    expect(stderr).toContain('stale: docs/coverage.md');
    expect(run(place, 'coverage.mjs').status).toBe(0);
    expect(report(place).stale).toBe(false);
  });
});

describe('npm run api:update', () => {
  it('tells what a newer description has to bind, and which rows to write', () => {
    const place = copy('update');
    const xml = path.join(place, 'xml');
    mkdirSync(xml);
    const at = "file='libvirt-domain' version='13.0.0'";
    // What this tree's own description says, and one symbol more of each kind.
    const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;');
    const described = (file: string) => readCells(`tools/api/${file}`, place).map((cells) => cells.map(escape));
    const args = (cell: string) =>
      cell === '-'
        ? ''
        : cell
            .split(', ')
            .map(
              (one) =>
                `<arg type='${one.slice(0, one.lastIndexOf(' '))}' name='${one.slice(one.lastIndexOf(' ') + 1)}'/>`,
            )
            .join('');
    const functions = (library: string) =>
      described('functions.tsv')
        .filter((row) => row[1] === library)
        .map(
          ([name, , file, since, returns, parameters = '']) =>
            `<function name='${name ?? ''}' file='${file ?? ''}' version='${since ?? ''}'><return type='${returns ?? ''}'/>${args(parameters)}</function>`,
        )
        .join('');
    const enums = described('enums.tsv').map(
      ([type, name, value, since, file]) =>
        `<enum name='${name ?? ''}' type='${type ?? ''}' value='${value ?? ''}' version='${since ?? ''}' file='${file ?? ''}'/>`,
    );
    const macros = described('macros.tsv').map(
      ([name, kind, value, since, file]) =>
        `<macro name='${name ?? ''}' ${kind === 'string' ? 'string' : 'raw'}='${value ?? ''}' version='${since ?? ''}' file='${file ?? ''}'/>`,
    );
    const callbacks = described('callbacks.tsv').map(
      ([name, file, since, returns, parameters = '']) =>
        `<functype name='${name ?? ''}' file='${file ?? ''}' version='${since ?? ''}'><return type='${returns ?? ''}'/>${args(parameters)}</functype>`,
    );
    const added = `<function name='virDomainJump' ${at}><return type='int'/><arg type='virDomainPtr' name='domain'/></function>
      <functype name='virDomainJumpFunc' ${at}><return type='void'/></functype>
      <enum name='VIR_DOMAIN_XML_JUMP' type='virDomainXMLFlags' value='16' ${at}/>
      <enum name='VIR_JUMP_HIGH' type='virJumpKind' value='1' ${at}/>
      <macro name='VIR_JUMP_FIELD' string='jump' ${at}/>
      <macro name='VIR_DOMAIN_STATS_NET_SUFFIX_JUMPS' string='.jumps' ${at}/>`;
    const write = (library: string, more: string) => {
      writeFileSync(
        path.join(xml, `${library}-api.xml`),
        `<api name='${library}'><symbols>${more}${functions(library)}</symbols></api>`,
      );
    };
    const version = "<macro name='LIBVIR_VERSION_NUMBER' raw='13000000' version='0.0.1' file='libvirt-common'/>";
    write('libvirt', [version, added, ...enums, ...macros, ...callbacks].join(''));
    for (const library of ['libvirt-qemu', 'libvirt-lxc', 'libvirt-admin']) write(library, '');

    const first = run(place, 'api.mjs', 'update', xml);
    expect(first.stdout).toContain('libvirt 12.8.0 -> 13.0.0');
    for (const line of [
      'new functions (1):\n  int virDomainJump(virDomainPtr domain)   since 13.0.0',
      'new callback types (1):\n  void virDomainJumpFunc(void)   since 13.0.0',
      'new enums (1):\n  virJumpKind',
      'new enum constants (2):\n',
      '  virDomainXMLFlags VIR_DOMAIN_XML_JUMP = 16   since 13.0.0',
      'new macros (2):\n  VIR_JUMP_FIELD = jump (string)   since 13.0.0',
      'new enum, check its row: virJumpKind',
      'tools/names.tsv: virDomainJump\n',
      'tools/api/callback-places.tsv: virDomainJumpFunc\n',
      'tools/api/fields.tsv: domainStats net.<n>.jumps since 13.0.0 (VIR_DOMAIN_STATS_NET_SUFFIX_JUMPS)\n',
      'tools/api/field-groups.tsv: a prefix of VIR_JUMP_FIELD\n',
    ]) {
      expect(first.stdout).toContain(line);
    }
    // The new name belongs to no group yet, so the constants cannot be written.
    expect(first.status).toBe(1);

    edit(place, 'tools/api/field-groups.tsv', /$/, 'JumpField\tVIR_JUMP_\tjump\n');
    const second = run(place, 'api.mjs', 'update', xml);
    expect(second).toMatchObject({ status: 0, stderr: '' });
    expect(second.stdout).toContain('libvirt 13.0.0 -> 13.0.0: nothing new');
    expect(second.stdout).toContain('tools/api/fields.tsv: jump jump since 13.0.0 (VIR_JUMP_FIELD)\n');
    expect(run(place, 'api.mjs', 'check').status).toBe(0);
    expect(report(place).problems).toMatchObject({
      unnamed: ['virDomainJump'],
      callbacks: ['virDomainJumpFunc'],
      constants: [],
      fields: ['VIR_JUMP_FIELD is not jump jump', 'VIR_DOMAIN_STATS_NET_SUFFIX_JUMPS is not domainStats net.<n>.jumps'],
    });
    // Bindings that wait for rows would fail the check; the page shows them.
    expect(run(place, 'coverage.mjs').status).toBe(0);
    expect(readFileSync(path.join(place, 'docs/coverage.md'), 'utf8')).toMatch(
      /`virDomainJump` +\| \*\*unaccounted for/,
    );
  });
});
