import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as constants from '../lib/constants.js';
import {
  ConnectGetAllDomainStatsFlags,
  ConnectListAllDomainsFlags,
  DomainCreateFlags,
  DomainMemoryStatTags,
  DomainMigrateField,
  DomainQemuAgentCommandTimeoutValues,
  DomainSaveField,
  DomainSaveImageFormat,
  DomainState,
  DomainXMLFlags,
  ErrorDomain,
  ErrorLevel,
  ErrorNumber,
  KeycodeSet,
  Limits,
  NetworkUpdateCommand,
  NEWEST_LIBVIRT,
  nameOf,
} from '../lib/constants.js';
import { readTable, type Row } from './tables.js';

type Value = number | string | bigint;
const cell = (row: Row, column: string) => row[column] ?? '';
const versionNumber = (since: string) => since.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0);

const prefixes = new Map(readTable('tools/api/enum-prefixes.tsv').map((row) => [cell(row, 'enum'), row]));
const isSentinel = (row: Row) =>
  cell(prefixes.get(cell(row, 'enum')) ?? {}, 'sentinels')
    .split(' ')
    .includes(cell(row, 'constant'));

/** Every object of constants by its name. */
const objects = new Map<string, Readonly<Record<string, Value>>>(
  Object.entries(constants).flatMap(([name, object]) => (typeof object === 'object' ? [[name, object]] : [])),
);

/** What the library gives for each of C's constants, by C's name. */
function exported(): Map<string, Value | undefined> {
  const given = new Map<string, Value | undefined>();
  for (const row of readTable('tools/api/enums.tsv').filter((one) => !isSentinel(one))) {
    const name = cell(row, 'constant');
    const prefix = cell(prefixes.get(cell(row, 'enum')) ?? {}, 'prefix');
    const member = name.startsWith(prefix) ? name.slice(prefix.length) : name.slice('VIR_'.length);
    given.set(name, objects.get(cell(row, 'enum').slice('vir'.length))?.[member]);
  }
  const groups = readTable('tools/api/field-groups.tsv').sort(
    (a, b) => cell(b, 'prefix').length - cell(a, 'prefix').length,
  );
  for (const row of readTable('tools/api/macros.tsv').filter((one) => one['kind'] === 'string')) {
    const name = cell(row, 'name');
    const group = groups.find((one) => name.startsWith(cell(one, 'prefix'))) ?? {};
    given.set(name, objects.get(cell(group, 'group'))?.[name.slice(cell(group, 'prefix').length)]);
  }
  return given;
}

describe('nameOf', () => {
  it('has no name for what is no constant', () => {
    expect(nameOf(DomainState, 99)).toBeUndefined();
    expect(nameOf(DomainState, -1)).toBeUndefined();
    expect(nameOf(DomainState, NaN)).toBeUndefined();
    expect(nameOf(DomainState, '1')).toBeUndefined();
    expect(nameOf(DomainXMLFlags, DomainXMLFlags.SECURE | DomainXMLFlags.INACTIVE)).toBeUndefined();
  });

  it('gives the name of a value', () => {
    expect(nameOf(DomainState, 1)).toBe('RUNNING');
    expect(nameOf(DomainXMLFlags, 2)).toBe('INACTIVE');
    expect(nameOf(DomainQemuAgentCommandTimeoutValues, -2)).toBe('BLOCK');
    expect(nameOf(DomainMigrateField, 'bandwidth')).toBe('BANDWIDTH');
  });

  it('knows bit 31 as JavaScript and as C write it', () => {
    expect(ConnectGetAllDomainStatsFlags.ENFORCE_STATS).toBe(0x80000000);
    expect(nameOf(ConnectGetAllDomainStatsFlags, 0x80000000)).toBe('ENFORCE_STATS');
    expect(nameOf(ConnectGetAllDomainStatsFlags, 0x80000000 | 0)).toBe('ENFORCE_STATS');
  });
});

describe('the types', () => {
  it('are unions of the values, but plain numbers where flags are ORed', () => {
    const state: DomainState = DomainState.RUNNING;
    const flags: ConnectListAllDomainsFlags = ConnectListAllDomainsFlags.ACTIVE | ConnectListAllDomainsFlags.INACTIVE;
    // @ts-expect-error 99 is no state
    const wrong: DomainState = 99;
    const name: 'NOSTATE' | 'RUNNING' | undefined = nameOf({ NOSTATE: 0, RUNNING: 1 } as const, 0);
    expect([state, flags, wrong, name]).toEqual([1, 3, 99, 'NOSTATE']);
  });
});

describe('the names', () => {
  it('are C’s without the prefix of the enum', () => {
    expect(DomainXMLFlags).toEqual({ SECURE: 1, INACTIVE: 2, UPDATE_CPU: 4, MIGRATABLE: 8 });
    expect(DomainCreateFlags.START_PAUSED).toBe(1);
    expect([ErrorNumber.OK, ErrorNumber.NO_DOMAIN, ErrorNumber.WAR_NO_NETWORK]).toEqual([0, 42, 41]);
    expect([ErrorDomain.QEMU, ErrorLevel.ERROR]).toEqual([10, 2]);
    expect([DomainSaveField.IMAGE_FORMAT, DomainSaveImageFormat.ZSTD]).toEqual(['image_format', 'zstd']);
  });

  it('are names in TypeScript', () => {
    const members = [...objects.values()].flatMap((object) => Object.keys(object));
    expect(members.filter((name) => !/^[A-Z_][A-Z0-9_]*$/.test(name))).toEqual([]);
  });

  it('leave out the counters at the end of enums, and nothing else that is called LAST', () => {
    const counters = [...objects.values()].flatMap((object) =>
      Object.keys(object).filter((name) => /LAST$/.test(name)),
    );
    expect(counters).toEqual(['ADD_LAST']);
    expect(NetworkUpdateCommand.ADD_LAST).toBe(3);
    expect(Object.keys(DomainMemoryStatTags)).not.toContain('NR');
  });

  it('have no accidental twin: only flags and names for numbers repeat a value', () => {
    const twins = [...objects].filter(([, object]) => new Set(Object.values(object)).size < Object.keys(object).length);
    expect(twins.map(([name]) => name).sort()).toEqual([
      'DomainCheckpointListFlags',
      'DomainGuestInfoField',
      'DomainQemuAgentCommandTimeoutValues',
      'DomainSnapshotListFlags',
      'DomainStatsField',
      'KeycodeSet',
    ]);
    expect(KeycodeSet.RFB).toBe(KeycodeSet.QNUM);
  });
});

describe('the values', () => {
  let scratch: string;
  beforeAll(() => {
    scratch = mkdtempSync(path.join(tmpdir(), 'libvirt-napi-constants-'));
  });
  afterAll(() => {
    rmSync(scratch, { recursive: true });
  });

  /** Asks a C compiler and the installed headers, which know what is not newer than they are. */
  function headers(rows: { name: string; since: string; isString: boolean }[]): Map<string, Value> {
    const cc = process.env['CC'] ?? 'cc';
    const includes = ['libvirt', 'libvirt-qemu', 'libvirt-lxc', 'libvirt-admin', 'virterror'];
    const head = includes.map((name) => `#include <libvirt/${name}.h>\n`).join('');
    const cflags = execFileSync('pkg-config', ['--cflags', 'libvirt'], { encoding: 'utf8' })
      .split(/\s+/)
      .filter(Boolean);
    const run = (body: string): string => {
      const [source, program] = [path.join(scratch, 'print.c'), path.join(scratch, 'print')];
      writeFileSync(source, `#include <stdio.h>\n${head}int main(void) {\n${body}return 0; }\n`);
      execFileSync(cc, [...cflags, '-w', source, '-o', program]);
      return execFileSync(program, { encoding: 'utf8' });
    };
    const version = Number(run('printf("%d", LIBVIR_VERSION_NUMBER);\n'));
    const known = rows.filter(({ since }) => versionNumber(since) <= version);
    const print = ({ name, isString }: (typeof known)[number]) =>
      isString ? `puts("${name} s " ${name});\n` : `printf("${name} n %lld\\n", (long long) ${name});\n`;
    const lines = run(known.map(print).join('')).trim().split('\n');
    return new Map(
      lines.map((line) => {
        const [name = '', kind, value = ''] = line.split(' ');
        return [name, kind === 's' ? value : Number(value)];
      }),
    );
  }

  it('are all there', () => {
    const given = exported();
    expect([...given].filter(([, value]) => value === undefined).map(([name]) => name)).toEqual([]);
    // The constants of libvirt 12.8 less the counters, and the names of typed parameters.
    expect(given.size).toBe(1094 - readTable('tools/api/enums.tsv').filter(isSentinel).length + 498);
    expect(NEWEST_LIBVIRT).toBe(12_008_000);
  });

  it('are those of the installed headers', () => {
    const rows = [
      ...readTable('tools/api/enums.tsv')
        .filter((row) => !isSentinel(row))
        .map((row) => ({ name: cell(row, 'constant'), since: cell(row, 'since'), isString: false })),
      ...readTable('tools/api/macros.tsv')
        .filter((row) => row['kind'] === 'string')
        .map((row) => ({ name: cell(row, 'name'), since: cell(row, 'since'), isString: true })),
      { name: 'VIR_DOMAIN_MEMORY_PARAM_UNLIMITED', since: '0.8.8', isString: false },
      { name: 'VIR_DOMAIN_SEND_KEY_MAX_KEYS', since: '0.9.3', isString: false },
      { name: 'VIR_KEYCODE_SET_RFB', since: '0.9.5', isString: false },
    ];
    const given = exported()
      .set('VIR_DOMAIN_MEMORY_PARAM_UNLIMITED', Number(Limits.DOMAIN_MEMORY_PARAM_UNLIMITED))
      .set('VIR_DOMAIN_SEND_KEY_MAX_KEYS', Limits.DOMAIN_SEND_KEY_MAX_KEYS)
      .set('VIR_KEYCODE_SET_RFB', KeycodeSet.RFB);
    const wanted = headers(rows);
    expect(wanted.size).toBeGreaterThan(1000);
    expect(Object.fromEntries([...wanted.keys()].map((name) => [name, given.get(name)]))).toEqual(
      Object.fromEntries(wanted),
    );
  });
});
