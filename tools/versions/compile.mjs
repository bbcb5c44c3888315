/** Compiles the sources against other headers of libvirt, for errors and warnings only. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { filesOf, output, root } from '../util.mjs';

const PARALLEL = 2;

function options(headers) {
  const node = path.resolve(process.execPath, '../../include/node');
  const systems = [path.join(headers, 'usr/include'), node, path.join(root, 'node_modules/node-addon-api')];
  return [
    ...['-std=c++20', '-Wall', '-Wextra', '-Werror', '-DNAPI_VERSION=8', '-DNODE_ADDON_API_CPP_EXCEPTIONS', '-Isrc'],
    ...systems.flatMap((one) => ['-isystem', one]),
  ];
}

const compiler = () => (process.env.CXX || 'g++').split(' ');

/** What nearly every file includes, compiled once: it is most of the work. */
async function precompile(headers, folder) {
  const header = path.join(folder, 'common.h');
  writeFileSync(header, '#include "core/shapes.h"\n');
  const { status } = await output([
    ...compiler(),
    ...options(headers),
    '-x',
    'c++-header',
    header,
    '-o',
    `${header}.gch`,
  ]);
  // What is wrong in it the files themselves will tell.
  return status === 0 ? ['-include', header] : [];
}

/** @param {string} headers where headers.sh unpacked them */
export async function compileAll(headers) {
  const common = readFileSync(path.join(headers, 'usr/include/libvirt/libvirt-common.h'), 'utf8');
  const number = Number(/LIBVIR_VERSION_NUMBER (\d+)/.exec(common)?.[1]);
  const version = [number / 1e6, (number / 1e3) % 1e3, number % 1e3].map(Math.floor).join('.');
  const files = filesOf('src').filter((file) => file.endsWith('.cc'));
  const folder = mkdtempSync(path.join(tmpdir(), 'libvirt-napi-headers-'));
  const before = await precompile(headers, folder);
  const failed = [];
  const waiting = [...files];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const { status, text } = await output([...compiler(), ...options(headers), ...before, '-fsyntax-only', file]);
      if (status !== 0) failed.push({ file, text });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  rmSync(folder, { recursive: true });
  return { version, files: files.length, failed };
}
