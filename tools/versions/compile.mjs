/** Compiles the sources against other headers of libvirt, for errors and warnings only. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { filesOf, output, root } from '../util.mjs';

const PARALLEL = 2;

function command(headers, file) {
  const compiler = (process.env.CXX || 'g++').split(' ');
  const node = path.resolve(process.execPath, '../../include/node');
  const options = ['-std=c++20', '-fsyntax-only', '-Wall', '-Wextra', '-Werror', '-DNAPI_VERSION=8'];
  const defines = ['-DNODE_ADDON_API_CPP_EXCEPTIONS'];
  const systems = [path.join(headers, 'usr/include'), node, path.join(root, 'node_modules/node-addon-api')];
  return [...compiler, ...options, ...defines, ...systems.flatMap((one) => ['-isystem', one]), '-Isrc', file];
}

/** @param {string} headers where headers.sh unpacked them */
export async function compileAll(headers) {
  const common = readFileSync(path.join(headers, 'usr/include/libvirt/libvirt-common.h'), 'utf8');
  const number = Number(/LIBVIR_VERSION_NUMBER (\d+)/.exec(common)?.[1]);
  const version = [number / 1e6, (number / 1e3) % 1e3, number % 1e3].map(Math.floor).join('.');
  const files = filesOf('src').filter((file) => file.endsWith('.cc'));
  const failed = [];
  const waiting = [...files];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const { status, text } = await output(command(headers, file));
      if (status !== 0) failed.push({ file, text });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return { version, files: files.length, failed };
}
