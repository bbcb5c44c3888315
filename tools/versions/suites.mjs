/** The suites that test the library, on whatever system or runtime. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../util.mjs';

/** The suites that are not run on other systems and runtimes, in one place, with the reason. */
export const LEFT_OUT = [
  ['api, coverage, types', 'about the tables and types that the library is made from'],
  ['alone, bench, bench-page, package, release, setup, versions-page', 'about the tools of this repository'],
  ['coming-from, docs, guides, readme', 'about the documentation'],
  [
    'demo, demo-ends, events-example, libvirtd-consoles-example, libvirtd-demo, top',
    'about the examples, which npm builds and starts; the other suites call the same',
  ],
  ['testbed', 'about the test bed itself'],
];

const left = new Set(LEFT_OUT.flatMap(([names]) => names.split(', ')));

export const suites = () =>
  readdirSync(path.join(root, 'test'))
    .filter((name) => name.endsWith('.test.ts') && !left.has(path.basename(name, '.test.ts')))
    .map((name) => `test/${name}`);
