// The account of libvirt's API: what is in the library and where, and why the rest is not.
//   node tools/coverage.mjs           writes docs/coverage.md, and reports what is unaccounted for
//   node tools/coverage.mjs check     fails when anything is unaccounted for or the page is stale
//   node tools/coverage.mjs report    the same account as JSON: { problems, stale }
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { account } from './api/account.mjs';
import { readDescription } from './api/description.mjs';
import { readFacade } from './api/facade.mjs';
import { coveragePage } from './api/page.mjs';
import { main, root, Stop } from './util.mjs';

const PAGE = 'docs/coverage.md';

const HEADINGS = {
  unnamed: 'functions without a row in tools/names.tsv',
  unbound: 'functions that are neither bound nor left out for a reason',
  unknown: 'bound, but in no API description',
  plumbing: 'bound, although tools/names.tsv leaves them out',
  later: 'rows of tools/api/later.tsv that must go',
  missing: 'facade methods that do not exist',
  documentation: 'TSDoc of facade methods',
  jobs: 'methods that must return a Job',
  members: 'members of the facade that are no C function and have no reason in tools/api/own.tsv',
  untyped: 'types of the raw layer',
  callbacks: 'callback types without a place',
  constants: 'constants',
  fields: 'fields of typed parameters, by tools/api/fields.tsv',
};

/** The names of what the addon binds; it is the built one, or the one that LIBVIRT_NAPI_BINARY names. */
function boundFunctions() {
  const binary = process.env.LIBVIRT_NAPI_BINARY || join(root, 'build/Release/libvirt.node');
  if (!existsSync(binary)) throw new Stop(`there is no addon to look at; build it first: npm run build\n(${binary})`);
  const { runtime } = createRequire(import.meta.url)(binary);
  return new Set(runtime.functions().map(({ name }) => name));
}

function look() {
  const result = account(readDescription(), readFacade(root), boundFunctions());
  const page = coveragePage(result);
  const file = join(root, PAGE);
  const stale = !existsSync(file) || readFileSync(file, 'utf8') !== page;
  return { result, page, stale };
}

/** @returns {number} how many problems were told */
function tell(problems) {
  for (const [kind, found] of Object.entries(problems)) {
    if (found.length > 0) console.error(`${HEADINGS[kind]} (${found.length}):\n  ${found.join('\n  ')}`);
  }
  return Object.values(problems).flat().length;
}

await main(import.meta.url, ([command = 'write', ...others]) => {
  if (!['write', 'check', 'report'].includes(command) || others.length > 0) {
    throw new Stop('usage: node tools/coverage.mjs [check | report]');
  }
  const { result, page, stale } = look();
  if (command === 'report') return console.log(JSON.stringify({ problems: result.problems, stale }, null, 2));
  if (command === 'write') {
    mkdirSync(dirname(join(root, PAGE)), { recursive: true });
    writeFileSync(join(root, PAGE), page);
    tell(result.problems);
    return undefined;
  }
  const count = tell(result.problems);
  if (stale) console.error(`stale: ${PAGE}\nrun: node tools/coverage.mjs`);
  if (count > 0 || stale) throw new Stop('');
  return undefined;
});
