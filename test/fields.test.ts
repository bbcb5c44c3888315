import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const root = path.join(__dirname, '..');

describe('tools/api/fields.tsv', () => {
  const table = (file: string): string[][] =>
    readFileSync(path.join(root, 'tools/api', file), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .slice(1)
      .map((line) => line.split('\t'));

  it('has every field of libvirt’s that is a name, with the version that brought it', () => {
    const prefixes: Record<string, string> = {
      identity: 'VIR_CONNECT_IDENTITY_',
      scheduler: 'VIR_DOMAIN_SCHEDULER_',
      blkio: 'VIR_DOMAIN_BLKIO_',
      memory: 'VIR_DOMAIN_MEMORY_',
      numa: 'VIR_DOMAIN_NUMA_',
      interfaceBandwidth: 'VIR_DOMAIN_BANDWIDTH_',
      blockIoTune: 'VIR_DOMAIN_BLOCK_IOTUNE_',
      blockStats: 'VIR_DOMAIN_BLOCK_STATS_',
      blockCopy: 'VIR_DOMAIN_BLOCK_COPY_',
      cpuStats: 'VIR_DOMAIN_CPU_STATS_',
      iothread: 'VIR_DOMAIN_IOTHREAD_',
      announceInterface: 'VIR_DOMAIN_ANNOUNCE_INTERFACE_',
      jobStats: 'VIR_DOMAIN_JOB_',
      save: 'VIR_DOMAIN_SAVE_PARAM_',
      launchSecurity: 'VIR_DOMAIN_LAUNCH_SECURITY_',
      perf: 'VIR_PERF_PARAM_',
      migrate: 'VIR_MIGRATE_PARAM_',
      tunable: 'VIR_DOMAIN_TUNABLE_',
      nodeMemory: 'VIR_NODE_MEMORY_SHARED_',
      nodeCPUStats: 'VIR_NODE_CPU_STATS_',
      nodeMemoryStats: 'VIR_NODE_MEMORY_STATS_',
      nodeSEV: 'VIR_NODE_SEV_',
      networkPortBandwidth: 'VIR_NETWORK_PORT_BANDWIDTH_',
      adminClientInfo: 'VIR_CLIENT_INFO_',
      adminClientLimits: 'VIR_SERVER_CLIENTS_',
      adminThreadpool: 'VIR_THREADPOOL_',
    };
    const fields = table('fields.tsv');
    const macros = table('macros.tsv').filter(
      ([name, kind]) => kind === 'string' && !/_IMAGE_FORMAT_\w/.test(name ?? ''),
    );
    for (const [group, prefix] of Object.entries(prefixes)) {
      const wanted = macros.filter(([name]) => name?.startsWith(prefix)).map(([, , field, since]) => [field, since]);
      const written = fields.filter(([name]) => name === group).map(([, field, , since]) => [field, since]);
      expect([group, written.sort()]).toEqual([group, wanted.sort()]);
    }
    // The rest are pieces of names that are paths.
    const others = macros.filter(([name]) => !Object.values(prefixes).some((prefix) => name?.startsWith(prefix)));
    expect(others.filter(([name]) => !/^VIR_DOMAIN_(?:STATS|GUEST_INFO)_/.test(name ?? ''))).toEqual([]);
  });

  it('is the only one: the addon has no table of its own', () => {
    const folder = path.join(root, 'src/objects');
    const others = readdirSync(folder).filter((file) =>
      /VIR_TYPED_PARAM_(?!UNSET)|\bField\b/.test(readFileSync(path.join(folder, file), 'utf8')),
    );
    expect(others).toEqual([]);
  });

  const typeOf: Record<string, string> = {
    int: 'number',
    uint: 'number',
    llong: 'bigint',
    ullong: 'bigint',
    double: 'number',
    boolean: 'boolean',
    string: 'string',
  };

  it.each([
    ['domainStats', 'DomainStats', 'lib/domain-stats.ts'],
    ['guestInfo', 'GuestInfo', 'lib/guest-info.ts'],
  ])('%s is what %s says, field by field', (group, name, file) => {
    const program = ts.createProgram([path.join(root, file)], {
      strict: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      types: [],
    });
    const checker = program.getTypeChecker();
    const source = program.getSourceFile(path.join(root, file));
    const declared = source?.statements.find((one) => ts.isInterfaceDeclaration(one) && one.name.text === name);
    if (declared === undefined) throw new Error(`${name} is not in ${file}`);

    /** `block[].rd.reqs: bigint`, for every leaf. What an index signature stands for has no name and is none. */
    const leaves = (type: ts.Type, at: string): string[] => {
      const whole = checker.getNonNullableType(type);
      if (checker.isArrayType(whole)) {
        const [item] = checker.getTypeArguments(whole as ts.TypeReference);
        return item === undefined ? [] : leaves(item, `${at}[]`);
      }
      if (whole.isUnion() || (whole.flags & ts.TypeFlags.Object) === 0)
        return [`${at}: ${checker.typeToString(whole)}`];
      return whole.getProperties().flatMap((property) => {
        const { name: key } = property;
        // Made by the nesting, not sent: the index of an entry, and counts that are not the length.
        if ((key === 'index' && at.endsWith('[]')) || key.endsWith('Count')) return [];
        if (key === 'list') return leaves(checker.getTypeOfSymbol(property), at);
        return leaves(checker.getTypeOfSymbol(property), at === '' ? key : `${at}.${key}`);
      });
    };
    const camel = (step: string) => step.replace(/[-_]+(.)/g, (_, letter: string) => letter.toUpperCase());
    const sent = table('fields.tsv')
      .filter(([set, field = '']) => set === group && !field.endsWith('.count') && !/\{cur\|max\|sum\}/.test(field))
      .flatMap(([, field = '', type = '']) => {
        const words = /\{([^}]*)\}/.exec(field);
        const names =
          words === null ? [field] : (words[1] ?? '').split('|').map((word) => field.replace(words[0], word));
        return names.map((one) => [one, type] as const);
      })
      .map(([field, type]) => {
        const steps = field.split('.').map(camel).join('.').replaceAll('.<n>', '[]');
        const types = type.split('|').map((one) => typeOf[one] ?? one);
        return `${steps}: ${types.join(' | ')}`;
      });
    expect(leaves(checker.getTypeAtLocation(declared), '').sort()).toEqual(sent.sort());
  });
});
