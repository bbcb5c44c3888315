// Every check that is no test. All of them run, and those that failed show what they had to say.
import { build } from './build.mjs';
import { setup } from './setup.mjs';
import { tidy } from './tidy.mjs';
import { Stop, filesOf, flags, main, output, packageBinary, seconds, which } from './util.mjs';

// Another release of clang has other opinions.
const clangRelease = 14;
const clangTool = (name) => which(`${name}-${clangRelease}`) ?? which(name);

const node = (name, file, ...args) => output([process.execPath, packageBinary(name, file), ...args]);

const nativeFiles = () => filesOf('src').filter((file) => /^src\/(?!generated\/).*\.(cc|h)$/.test(file));

const steps = {
  build: strictBuild,
  prettier: () => node('prettier', 'bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  eslint: () => node('eslint', 'bin/eslint.js', '--max-warnings', '0', '.'),
  types: () => node('typescript', 'bin/tsc', '--noEmit', '-p', 'test/tsconfig.json'),
  'clang-format': () => output([clangTool('clang-format'), '--dry-run', '-Werror', ...nativeFiles()]),
  'clang-tidy': () => tidy(clangTool('clang-tidy')),
};

// What the compilers say is on the screen already.
async function strictBuild() {
  try {
    await build({ strict: true });
    return { status: 0, text: '' };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { status: 1, text: error.message };
  }
}

async function lint(names) {
  setup({ lint: true });
  const { text: version } = await output([clangTool('clang-tidy'), '--version']);
  if (!version.includes(`version ${clangRelease}.`)) {
    console.error(`note: the rules are those of clang ${clangRelease}; here is another, which may judge otherwise`);
  }

  const failed = [];
  for (const name of names) {
    const start = performance.now();
    const { status, text } = await steps[name]();
    console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds(start)})`);
    if (status === 0) continue;
    failed.push(name);
    console.log(text.trimEnd());
  }
  if (failed.length > 0) throw new Stop(`lint failed: ${failed.join(', ')}`);
}

await main(import.meta.url, async (args) => {
  const all = Object.keys(steps);
  await lint(args.length > 0 ? [...flags(args, all)] : all);
});
