import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cell, readTable, type Row } from './tables.js';

const root = path.join(__dirname, '..');

const column = (rows: readonly Row[], name: string) => rows.map((row) => cell(row, name));

const functions = readTable('tools/api/functions.tsv');
const names = readTable('tools/names.tsv');
const byName = new Map(names.map((row) => [cell(row, 'c_name'), row]));
const exposed = names.filter((row) => cell(row, 'facade') !== '-');

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'libvirt-napi-api-'));
});
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

describe('tools/names.tsv', () => {
  it('has every function exactly once, in the order of the API description', () => {
    expect(column(names, 'c_name')).toEqual(column(functions, 'name'));
    expect(new Set(column(names, 'c_name')).size).toBe(568);
  });

  it('gives names that are names', () => {
    const classes =
      'Connection|Domain|DomainSnapshot|DomainCheckpoint|Network|NetworkPort|StoragePool|StorageVol|Interface|' +
      'NodeDevice|NWFilter|NWFilterBinding|Secret|Stream|AdminConnection|AdminServer|AdminClient';
    const method = new RegExp(`^(?:(?:${classes})\\.)?[a-z][a-z0-9]*(?:[A-Z][A-Za-z0-9]*)*$`);
    expect(column(exposed, 'facade').filter((name) => !method.test(name))).toEqual([]);
    const bare = exposed.filter((row) => !cell(row, 'facade').includes('.'));
    expect(new Set(column(bare, 'kind'))).toEqual(new Set(['function']));
  });

  it('says of each function what it is, or why it is not there', () => {
    const there = ['static', 'method', 'job', 'sync-property', 'event', 'function'];
    // Of these the raw layer alone has functions: the facade has streams of Node.js.
    const rawOnly = 'stream';
    const uncalled = ['lifetime', 'result', 'typed-params', 'error', 'event-loop', 'init', 'pump', 'process-state'];
    const notThere = [rawOnly, ...uncalled];
    for (const row of names) {
      const isThere = cell(row, 'facade') !== '-';
      expect([row, isThere ? there : notThere]).toEqual([row, expect.arrayContaining([cell(row, 'kind')])]);
      expect([row, cell(row, 'calls') !== '-']).toEqual([row, isThere || cell(row, 'kind') === rawOnly]);
    }
  });

  it('lets two functions share a method only where it says so', () => {
    const owners = new Map<string, string>();
    for (const row of exposed.filter((one) => cell(one, 'same_as') === '-')) {
      const facade = cell(row, 'facade');
      expect([facade, owners.get(facade)]).toEqual([facade, undefined]);
      owners.set(facade, cell(row, 'c_name'));
    }
    for (const row of names.filter((one) => cell(one, 'same_as') !== '-')) {
      const first = byName.get(cell(row, 'same_as'));
      expect([row, cell(first, 'same_as')]).toEqual([row, '-']);
      expect([row, cell(first, 'facade')]).toEqual([row, cell(row, 'facade')]);
      expect([row, cell(first, 'kind')]).toEqual([row, cell(row, 'kind')]);
    }
  });

  it('uses the names that users know', () => {
    const known: Record<string, string> = {
      virConnectOpenAuth: 'Connection.open',
      virDomainLookupByName: 'Connection.lookupDomainByName',
      virNetworkDefineXMLFlags: 'Connection.defineNetworkXML',
      virNodeGetCPUMap: 'Connection.getNodeCPUMap',
      virStorageVolCreateXML: 'StoragePool.createVolXML',
      virDomainSnapshotCreateXML: 'Domain.createSnapshotXML',
      virDomainCreateWithFlags: 'Domain.create',
      virDomainFSFreeze: 'Domain.fsFreeze',
      virDomainPMWakeup: 'Domain.pmWakeup',
      virDomainQemuMonitorCommand: 'Domain.qemuMonitorCommand',
      virDomainGetVcpus: 'Domain.getVcpus',
      virDomainGetVcpusFlags: 'Domain.getVcpuCount',
      virDomainBlockStats: 'Domain.blockStats',
      virDomainBlockStatsFlags: 'Domain.getBlockStats',
      virNetworkGetDHCPLeases: 'Network.getDHCPLeases',
      virDomainGetUUID: 'Domain.uuid',
    };
    const given = Object.fromEntries(Object.keys(known).map((name) => [name, cell(byName.get(name), 'facade')]));
    expect(given).toEqual(known);
  });

  it('runs on the JavaScript thread only what does no I/O and takes no lock of a driver', () => {
    const harmless = [
      /^vir\w+Get(?:Name|UUID|UUIDString)$/,
      /^vir(?!Connect)\w+Get(?:Connect|Domain|Network)$/,
      /^virDomainGetID$/,
      /^virInterfaceGetMACString$/,
      /^virNWFilterBindingGet(?:FilterName|PortDev)$/,
      /^virSecretGetUsage(?:ID|Type)$/,
      /^virStorageVolGetKey$/,
      /^virStream(?:New|Event(?:Add|Update|Remove)Callback)$/,
      /^vir(?:Adm)?GetVersion$/,
      /^vir(?:Adm)?Connect(?:GetURI|IsAlive)$/,
      /^virConnectSetKeepAlive$/,
      /^virAdmClientGet(?:ID|Timestamp|Transport)$/,
      /^virAdmConnect(?:Register|Unregister)CloseCallback$/,
    ];
    const local = names.filter((row) => cell(row, 'calls') === 'local');
    const others = column(local, 'c_name').filter((name) => !harmless.some((pattern) => pattern.test(name)));
    expect(others).toEqual([]);
    expect(local.length).toBe(56);
  });

  it('reserves the free place for answers from memory and for what ends a wait', () => {
    expect([...new Set(column(exposed, 'calls'))].sort()).toEqual(['local', 'quick', 'wait']);
    const calls = (...wanted: string[]) => wanted.map((name) => cell(byName.get(name), 'calls'));
    expect(calls('virConnectGetHostname', 'virDomainGetState', 'virDomainGetXMLDesc')).toEqual(Array(3).fill('quick'));
    expect(calls('virDomainDestroyFlags', 'virDomainAbortJob', 'virDomainBlockJobAbort')).toEqual(
      Array(3).fill('quick'),
    );
    expect(calls('virDomainMemoryStats', 'virDomainGetBlockInfo', 'virDomainGetFSInfo')).toEqual(Array(3).fill('wait'));
    expect(calls('virDomainQemuMonitorCommand', 'virDomainSuspend', 'virConnectOpen')).toEqual(Array(3).fill('wait'));
  });
});

describe('tools/api.mjs', () => {
  /** A copy of all that the tool reads and writes, so that a test may break it. */
  function copy(name: string): string {
    const place = path.join(scratch, name);
    for (const part of ['tools', 'src/generated', 'lib/constants', 'lib/constants.ts', 'lib/params', 'package.json']) {
      cpSync(path.join(root, part), path.join(place, part), { recursive: true });
    }
    symlinkSync(path.join(root, 'node_modules'), path.join(place, 'node_modules'));
    return place;
  }

  const api = (place: string, ...args: string[]) =>
    spawnSync(process.execPath, [path.join(place, 'tools/api.mjs'), ...args], { encoding: 'utf8' });

  const edit = (file: string, change: (text: string) => string) => {
    const before = readFileSync(file, 'utf8');
    expect(change(before)).not.toBe(before);
    writeFileSync(file, change(before));
  };

  it('refuses a command that it does not know', () => {
    for (const args of [[], ['make'], ['import'], ['check', 'more']]) {
      const { status, stderr } = api(root, ...args);
      expect({ args, status, usage: stderr.includes('usage') }).toEqual({ args, status: 1, usage: true });
    }
  });

  it('names the generated files that are stale, missing or left over', () => {
    const place = copy('stale');
    edit(path.join(place, 'lib/constants/domain.ts'), (text) => text.replace('RUNNING: 1', 'RUNNING: 2'));
    rmSync(path.join(place, 'src/generated/weak.h'));
    writeFileSync(path.join(place, 'lib/constants/gone.ts'), '');
    const { status, stderr } = api(place, 'check');
    expect(status).toBe(1);
    expect(stderr).toContain('stale: src/generated/weak.h, lib/constants/domain.ts, lib/constants/gone.ts\n');
    expect(api(place, 'generate').status).toBe(0);
    expect(api(place, 'check').status).toBe(0);
  });

  it('finds the generated files of this tree current', () => {
    expect(api(root, 'check')).toMatchObject({ status: 0, stderr: '' });
  });

  it('adds a constant of a newer libvirt without renaming the others', () => {
    const place = copy('newer');
    edit(path.join(place, 'tools/api/enums.tsv'), (text) =>
      text.replace(/^virDomainXMLFlags\t.*$/m, 'virDomainXMLFlags\tVIR_DOMAIN_OTHER\t4096\t13.0.0\tlibvirt-domain\n$&'),
    );
    expect(api(place, 'generate').status).toBe(0);
    const text = readFileSync(path.join(place, 'lib/constants/domain.ts'), 'utf8');
    const block = /export const DomainXMLFlags = \{[^}]*\}/.exec(text)?.[0];
    expect(block?.match(/\w+(?=: \d)/g)).toEqual(['DOMAIN_OTHER', 'SECURE', 'INACTIVE', 'UPDATE_CPU', 'MIGRATABLE']);
    expect(block).toContain('@since 13.0.0');
  });

  it('imports facts and no prose, and proposes a row for a new enum', () => {
    const place = copy('import');
    const xml = (name: string, symbols: string) => {
      writeFileSync(path.join(place, `${name}-api.xml`), `<api name='${name}'><symbols>${symbols}</symbols></api>`);
    };
    const at = "file='libvirt-domain' module='m'";
    xml(
      'libvirt',
      `<macro name='LIBVIR_VERSION_NUMBER' file='libvirt-common' raw='13002001' version='0.0.1'><info>prose</info></macro>
       <macro name='VIR_DOMAIN_JOB_X' file='libvirt-domain' string='x_1' version='13.0.0'/>
       <macro name='VIR_SIZE' file='libvirt-host' raw='(36+1)' version='0.1.0'/>
       <enum name='VIR_NEW_B' file='libvirt-domain' value='VIR_NEW_A' type='virNewKind' version='13.0.0' info='prose'/>
       <enum name='VIR_NEW_A' file='libvirt-domain' value='7' type='virNewKind' version='13.0.0'/>
       <enum name='VIR_NEW_LAST' file='libvirt-domain' value='8' type='virNewKind' version='13.0.0'/>
       <struct name='virNew' file='libvirt-domain' type='struct _virNew' version='13.0.0'>
         <field name='label' type='char label[VIR_SIZE]' info='prose'/>
         <field name='value' type='union'><union><field name='i' type='int'/></union></field></struct>
       <functype name='virNewCallback' ${at} version='13.0.0'><return type='void'/></functype>
       <function name='virNewDo' ${at} version='13.0.0'><info><![CDATA[prose <b>]]></info>
         <return type='int' info='prose'/><arg name='names' type='char ** const' info='prose'/></function>`,
    );
    for (const name of ['libvirt-qemu', 'libvirt-lxc', 'libvirt-admin']) xml(name, '');

    const { status, stdout } = api(place, 'import', place);
    expect(status).toBe(0);
    expect(stdout).toContain('new enum, check its row: virNewKind VIR_NEW_ plain');
    const read = (file: string) =>
      readFileSync(path.join(place, 'tools/api', file), 'utf8')
        .split('\n')
        .slice(2, -1);
    expect(read('functions.tsv')).toEqual(['virNewDo\tlibvirt\tlibvirt-domain\t13.0.0\tint\tchar ** const names']);
    expect(read('callbacks.tsv')).toEqual(['virNewCallback\tlibvirt-domain\t13.0.0\tvoid\t-']);
    expect(read('macros.tsv')).toEqual([
      'VIR_DOMAIN_JOB_X\tstring\tx_1\t13.0.0\tlibvirt-domain',
      'VIR_SIZE\tnumber\t37\t0.1.0\tlibvirt-host',
    ]);
    expect(read('structs.tsv')).toEqual([
      'virNew\tlabel\tchar[VIR_SIZE]\t13.0.0\tlibvirt-domain',
      'virNew\tvalue.i\tint\t13.0.0\tlibvirt-domain',
    ]);
    expect(read('enums.tsv').slice(0, 2)).toEqual([
      'virNewKind\tVIR_NEW_A\t7\t13.0.0\tlibvirt-domain',
      'virNewKind\tVIR_NEW_B\t7\t13.0.0\tlibvirt-domain',
    ]);
    expect(read('enum-prefixes.tsv').at(-1)).toBe('virNewKind\tVIR_NEW_\tplain\tVIR_NEW_LAST');
  });

  it('keeps its tables free of prose', () => {
    for (const file of ['functions', 'enums', 'macros', 'callbacks', 'structs']) {
      const rows = readTable(`tools/api/${file}.tsv`);
      const long = rows.flatMap((row) => Object.values(row)).filter((text) => text.split(' ').length > 40);
      expect({ file, long }).toEqual({ file, long: [] });
    }
  });
});

describe('tools/stub.mjs and src/generated/weak.h', () => {
  const stub = (args: string[], env: NodeJS.ProcessEnv = process.env) =>
    spawnSync(process.execPath, [path.join(root, 'tools/stub.mjs'), ...args], { encoding: 'utf8', env });

  it('says what is wrong', () => {
    expect(stub([])).toMatchObject({ status: 2, stderr: 'usage: node tools/stub.mjs OUTDIR\n' });
    const { status, stderr } = stub([path.join(scratch, 'none')], { ...process.env, CC: 'no-such-compiler -x' });
    expect(status).toBe(1);
    expect(stderr).toContain('cannot run the C compiler no-such-compiler');
  });

  it('lists every function with its library', () => {
    const wanted = functions.map((row) => [cell(row, 'name'), cell(row, 'library')]);
    const list = readTable('src/generated/functions.tsv');
    expect(list.map((row) => [cell(row, 'name'), cell(row, 'library')])).toEqual(wanted);
  });

  const libraries = ['libvirt', 'libvirt-qemu', 'libvirt-lxc', 'libvirt-admin'];

  it('links a program that runs on the library that is installed, and on any other', () => {
    const directory = path.join(scratch, 'stub');
    expect(stub([directory])).toMatchObject({ status: 0, stderr: '' });
    const objects = libraries.map((library) => path.join(directory, `${library}.so.0`));
    const readelf = (...args: string[]) => execFileSync('readelf', ['-W', ...args], { encoding: 'utf8' });
    for (const [at, library] of libraries.entries()) {
      const dynamic = readelf('-d', objects[at] ?? '');
      expect(dynamic).toContain(`Library soname: [${library}.so.0]`);
      expect(dynamic).not.toContain('(NEEDED)');
      const defined = readelf('--dyn-syms', objects[at] ?? '').match(/(?<=FUNC +GLOBAL +DEFAULT +\d+ )\w+/g) ?? [];
      const wanted = functions.filter((row) => cell(row, 'library') === library);
      expect(defined.sort()).toEqual(column(wanted, 'name').sort());
    }

    const source = path.join(scratch, 'program.cc');
    const program = path.join(scratch, 'program');
    writeFileSync(
      source,
      `#include "${path.join(root, 'src/generated/weak.h')}"
       #include "${path.join(root, 'src/generated/constants.h')}"
       #include <cstdio>
       static_assert(libvirt_napi::constant::VIR_DOMAIN_MESSAGE_TAINTING == 2);
       int main() {
         unsigned long version = 0;
         if (virGetVersion(&version, nullptr, nullptr) != 0) return 1;
         std::printf("%lu\\n", version);
         for (const auto& function : libvirt_napi::weakFunctions())
           std::printf("%s %u %d\\n", function.name, function.since, function.address != nullptr);
       }`,
    );
    const options = ['-std=c++20', '-O2', '-fPIC', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-Wl,--no-as-needed'];
    execFileSync(process.env['CXX'] ?? 'c++', [...options, source, ...objects, '-o', program]);
    const needs = readelf('-V', '-d', program);
    expect(needs).not.toMatch(/LIBVIRT_/);
    for (const library of libraries) expect(needs).toContain(`Shared library: [${library}.so.0]`);

    const [first, ...lines] = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');
    const version = Number(first);
    expect(version).toBeGreaterThanOrEqual(7_000_000);
    const found = lines.map((line) => line.split(' '));
    // Each is there exactly when the library is new enough; 12.5 brought the newest of them.
    expect(found.map(([name, since, there]) => [name, Number(since) <= version, there])).toEqual(
      found.map(([name, , there]) => [name, there === '1', there]),
    );
    const number = (since: string) => since.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0);
    const newer = functions.filter((row) => number(cell(row, 'since')) > 7_000_000);
    expect(found.map(([name, since]) => [name, Number(since)])).toEqual(
      newer.map((row) => [cell(row, 'name'), number(cell(row, 'since'))]),
    );
    expect(column(newer, 'name')).toContain('virDomainAnnounceInterface');
  });
});
