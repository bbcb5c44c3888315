import js from '@eslint/js';
import { globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const nodeGlobals = [
  'process',
  'console',
  'performance',
  'URL',
  'Buffer',
  'setTimeout',
  'clearTimeout',
  'AbortController',
];

export default tseslint.config(
  // A user's program is checked as users do, against the packed tarball.
  globalIgnores(['build/', 'coverage/', 'dist/', 'prebuilds/', 'docs/api/', 'tools/package/users/*.ts']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{mjs,cjs,js}'],
    extends: [js.configs.recommended],
    languageOptions: { globals: Object.fromEntries(nodeGlobals.map((name) => [name, 'readonly'])) },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { module: 'writable', require: 'readonly', __dirname: 'readonly' },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    // One program for everything: test/tsconfig.json includes lib, examples and bench as well.
    languageOptions: { parserOptions: { project: 'test/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers read well in a template; objects and undefined stay forbidden there.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `await using _ = …` keeps a thing until the end of the block.
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
    },
  },
  {
    // What bounds a call knows it by its being the last that was made.
    files: ['lib/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          'CallExpression[callee.property.name="call"] AwaitExpression AwaitExpression',
          'CallExpression[callee.property.name="call"] CallExpression[callee.object.name="native"] AwaitExpression',
          'CallExpression[callee.property.name="call"] :has(AwaitExpression) ~ * CallExpression[callee.object.name="native"]',
        ].map((selector) => ({
          selector,
          message: 'A method that awaits before a call of the raw layer uses `calls`.',
        })),
        ...[
          'CallExpression[callee.property.name="calls"] > ArrowFunctionExpression > CallExpression[callee.object.name="native"]',
          'CallExpression[callee.property.name="calls"] :not(ArrowFunctionExpression) > CallExpression[callee.object.name="native"]',
        ].map((selector) => ({
          selector,
          message: 'Each of several calls of the raw layer goes through `limits.within`.',
        })),
      ],
    },
  },
  {
    // The boundary to the addon, whose shapes C decides.
    files: ['lib/native*.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    // jest's describe and it return promises that nobody awaits, and a refusal is tested by wrong arguments.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: ['describe', 'it', 'test'], package: '@jest/globals' }] },
      ],
    },
  },
);
