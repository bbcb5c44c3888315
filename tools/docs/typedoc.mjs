/** TypeDoc's options, and what is demanded of the reference. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Application } from 'typedoc';
import { root } from '../util.mjs';
import { PAGES } from './pages.mjs';
import { ORDER } from './tasks.mjs';

const at = (file) => path.join(root, file);

/** @returns {Promise<import('typedoc').Application>} */
export function application(options = {}) {
  return Application.bootstrapWithPlugins({
    name: 'libvirt-napi',
    entryPoints: [at('lib/index.ts'), at('lib/native.ts')],
    tsconfig: at('tsconfig.json'),
    plugin: [at('tools/docs/plugin.mjs')],
    readme: at('README.md'),
    projectDocuments: PAGES.map(([, file]) => at(file)).filter((file) => existsSync(file)),
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    disableSources: true,
    intentionallyNotExported: ['Known', 'Named', 'ParamIn', 'Text'],
    // What the methods of streams say by themselves links to methods which are for whoever writes a stream.
    externalSymbolLinkMappings: {
      '@types/node': {
        'Stream.Readable._read': 'https://nodejs.org/api/stream.html#readable_readsize',
        'Stream.Writable.write': 'https://nodejs.org/api/stream.html#writablewritechunk-encoding-callback',
        'Stream.Writable.end': 'https://nodejs.org/api/stream.html#writableendchunk-encoding-callback',
      },
    },
    highlightLanguages: [
      'bash',
      'console',
      'cpp',
      'javascript',
      'json',
      'jsx',
      'python',
      'shell',
      'tsx',
      'typescript',
      'xml',
    ],
    categorizeByGroup: false,
    defaultCategory: 'Others',
    categoryOrder: ORDER,
    groupOrder: ['Guide', 'Coming from', 'Project', 'Modules', '*'],
    sort: ['enum-value-ascending', 'alphabetical-ignoring-documents'],
    includeHierarchySummary: false,
    customCss: at('tools/docs/site.css'),
    navigation: { includeCategories: true, includeGroups: true },
    requiredToBeDocumented: ['Class', 'Interface', 'Function', 'Method', 'Accessor', 'Variable', 'Enum', 'TypeAlias'],
    // The compiler's complaints are lint's business, and cost half of the time.
    skipErrorChecking: true,
    validation: { notDocumented: true, notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: true },
    ...options,
  });
}
