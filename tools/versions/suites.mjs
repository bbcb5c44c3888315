/** The suites that test the library, on whatever system or runtime. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../util.mjs';

/** Suites about this repository and its tools. */
const ABOUT_THE_REPOSITORY =
  /^(api|bench|bench-page|coming-from|coverage|demo|docs|guides|links|package|readme|release|setup|testbed|top|types|examples?|libvirtd-demo)\.test\.ts$/;

export const suites = () =>
  readdirSync(path.join(root, 'test'))
    .filter((name) => name.endsWith('.test.ts') && !ABOUT_THE_REPOSITORY.test(name))
    .map((name) => `test/${name}`);
