// The suite under AddressSanitizer: npm run test:asan [-- jest's arguments]
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { binaryOf, build } from './build.mjs';
import { Stop, main, packageBinary, root, run, seconds } from './util.mjs';

/** Suites that are left out, and why. */
const leftOut = {
  'load.test.ts': 'it chooses which binary is loaded, and makes broken ones',
  'setup.test.ts': 'it is about the commands, and loads no addon',
  'libvirtd-volume-streams-memory.test.ts': 'it measures resident memory, and the sanitizer keeps what was freed',
  'secret-memory.test.ts': 'it reads all memory of a process, of which the sanitizer reserves terabytes',
  'constants.test.ts': 'it compiles a C program and compares headers; no addon call',
};

/** A library of the compiler's. */
function compilersLibrary(name) {
  const { stdout, error } = spawnSync(process.env.CXX ?? 'g++', [`-print-file-name=${name}`], { encoding: 'utf8' });
  const file = stdout?.trim();
  if (error || !file || !path.isAbsolute(file))
    throw new Stop(`the compiler has no ${name}: AddressSanitizer needs it`);
  return file;
}

/**
 * The sanitizer looks for what it intercepts when the process starts. Found later, with the addon, would be libtirpc,
 * through which libvirt speaks to a daemon, and libstdc++ with a Node.js that has one built in: the sanitizer would call
 * null in place of `xdrmem_create` and `__cxa_throw`.
 */
function preloaded() {
  const { stdout } = spawnSync('ldd', [binaryOf('asan')], { encoding: 'utf8' });
  const tirpc = /=> (\S*libtirpc\S*)/.exec(stdout ?? '')?.[1];
  return [compilersLibrary('libasan.so'), compilersLibrary('libstdc++.so.6'), ...(tirpc ? [tirpc] : [])];
}

/** What a process needs to load the addon that was compiled for AddressSanitizer. Children and workers inherit it. */
function environment(reports, options) {
  const all = { log_path: path.join(reports, 'report'), ...options };
  return {
    ...process.env,
    LIBVIRT_NAPI_BINARY: binaryOf('asan'),
    LD_PRELOAD: preloaded().join(' '),
    ASAN_OPTIONS: Object.entries(all)
      .map(([name, value]) => `${name}=${value}`)
      .join(':'),
  };
}

/** Without the sanitizer in both, the suite would pass and say nothing. */
function checkThatItIsThere(env) {
  if (!readFileSync(binaryOf('asan')).includes('__asan_')) throw new Stop('the addon has no AddressSanitizer in it');
  const program =
    'require(process.env.LIBVIRT_NAPI_BINARY); ' +
    'process.exitCode = require("fs").readFileSync("/proc/self/maps", "utf8").includes("libasan") ? 0 : 3;';
  if (run([process.execPath, '-e', program], { env }) !== 0) throw new Stop('the addon does not load with it');
}

function printReports(reports) {
  const files = readdirSync(reports);
  for (const file of files) console.error(readFileSync(path.join(reports, file), 'utf8'));
  return files.length;
}

/** A directory for reports. It is the project's, which clients in a test bed see as well, whichever user they run as. */
function reportsDirectory() {
  const directory = mkdtempSync(path.join(root, 'build/asan/reports-'));
  chmodSync(directory, 0o1777);
  return directory;
}

/** The suites, and every process that they start. */
function runSuites(args) {
  const reports = reportsDirectory();
  try {
    // Leaks are for the run below: here every process that is ended in mid-call would have some.
    const env = environment(reports, { detect_leaks: 0, detect_stack_use_after_return: 1 });
    checkThatItIsThere(env);
    for (const [name, reason] of Object.entries(leftOut)) console.log(`left out: ${name} (${reason})`);
    const ignored = Object.keys(leftOut).map((name) => `--testPathIgnorePatterns=/${name}$`);
    const jest = [packageBinary('jest', 'bin/jest.js'), ...ignored, '--testTimeout=60000', '--runInBand', ...args];
    const status = run([process.execPath, ...jest], { env });
    return { status, reports: printReports(reports) };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

/** Everything once, to the natural end of a process: what nothing refers to then has leaked. */
function runLeaks() {
  const reports = reportsDirectory();
  try {
    // Stacks lead through libvirt, which has no frame pointers; and the sanitizer of GCC 12 stumbles over the TLS of
    // libvirt's threads.
    const options = { detect_leaks: 1, fast_unwind_on_malloc: 0, intercept_tls_get_addr: 0 };
    const program = path.join(root, 'bench/soak/once.cjs');
    const status = run([process.execPath, '--expose-gc', program], { env: environment(reports, options) });
    return { status, reports: printReports(reports) };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

await main(import.meta.url, async (args) => {
  if (process.platform !== 'linux') throw new Stop('npm run test:asan works on Linux only');
  await build({ asan: true });
  // For what some suites look at, and for the commands that some start: those build it, and not by this compiler's library.
  await build();
  const steps = { suite: () => runSuites(args), leaks: runLeaks };
  const failed = [];
  for (const [name, step] of Object.entries(steps)) {
    const start = performance.now();
    const { status, reports } = step();
    const well = status === 0 && reports === 0;
    console.log(`${well ? 'ok    ' : 'FAILED'} ${name}: status ${status}, ${reports} reports (${seconds(start)})`);
    if (!well) failed.push(name);
  }
  if (failed.length > 0) throw new Stop(`failed under AddressSanitizer: ${failed.join(', ')}`);
});
