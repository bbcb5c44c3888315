/** What the suites of the walk-through have in common. */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import path from 'node:path';

const root = path.join(__dirname, '..');
const built = path.join(root, 'build/examples');
export const walkthrough = path.join(built, 'walkthrough.js');

export interface Result {
  stdout: string;
  stderr: string;
  code: number | null;
}

/** A Node that walks. */
export class Walker {
  readonly child: ChildProcess;
  readonly result: Promise<Result>;
  #ended = false;
  readonly #printed = { stdout: '', stderr: '' };
  readonly #news = new EventEmitter();

  constructor(...args: string[]) {
    const env = { ...process.env };
    delete env['LIBVIRT_DEFAULT_URI'];
    this.child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        this.#printed[stream] += text;
        this.#news.emit('news');
      });
    }
    this.result = once(this.child, 'close').then(([code]) => {
      this.#ended = true;
      this.#news.emit('news');
      return { ...this.#printed, code: code as number | null };
    });
  }

  /** Waits until it has printed something. */
  async printed(text: string): Promise<void> {
    while (!this.#printed.stdout.includes(text)) {
      if (this.#ended) throw new Error(`it never printed '${text}' but\n${Object.values(this.#printed).join('')}`);
      await once(this.#news, 'news');
    }
  }
}

/** The command that people use; it also compiles what walks. */
export const runDemo = (): Promise<Result> => new Walker(path.join(root, 'tools/demo.mjs')).result;

/** All chapters on test:///default, and then one more, given as the body of a function of the walk. */
export function walkAnd(chapter: string, uri = 'test:///default'): Walker {
  return new Walker(
    '-e',
    `const story = (name) => require(${JSON.stringify(`${built}/story/`)} + name + '.js');
     const { setTimeout: delay } = require('node:timers/promises');
     const { ConnectionUri } = require('libvirt-napi');
     const chapters = [story('connection').connection, story('networks').networks, story('machines').machines,
       story('one-machine').oneMachine, story('lab').lab, { title: 'X', run: async (walk) => { ${chapter} } }];
     story('story').tell(ConnectionUri.parse(process.argv[1]), chapters).then((code) => { process.exitCode = code; });`,
    uri,
  );
}

/** The rows of the first table after a text, without its columns' names; cells by two blanks and more. */
export function rowsAfter(output: string, text: string, columns: string[]): string[][] {
  const lines = output.slice(output.indexOf(text)).split('\n');
  const start = lines.findIndex((line) => cells(line).join() === columns.join());
  if (!output.includes(text) || start < 0) throw new Error(`no table ${columns.join()} after '${text}':\n${output}`);
  const end = lines.indexOf('', start);
  return lines.slice(start + 2, end).map(cells);
}

export const cells = (line: string): string[] => line.trim().split(/ {2,}/);

/** What is in chapter 6, each as `stop machine lab-srv1`. */
export const undone = (output: string): string[] =>
  [...output.slice(output.indexOf('\n6  ')).matchAll(/^ {2}\+ (.*)$/gm)].map(([, what = '']) => what);

export const labUndone = [
  'stop machine lab-srv2',
  'undefine machine lab-srv2',
  'stop machine lab-srv1',
  'undefine machine lab-srv1',
  'stop network libvirt-napi-lab',
  'undefine network libvirt-napi-lab',
];
export const allUndone = [
  ...labUndone,
  'stop machine demo-pc',
  'undefine machine demo-pc',
  'switch off autostart of network default',
];
export const asBefore = 'All networks and machines of this walk are as they were.';
