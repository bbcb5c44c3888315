// A client process from our side.
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { BedProcess } from '../test/testbed/bed.js';
import { lastLine } from './place.js';

export class Client {
  readonly #process: BedProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  readonly #closed: Promise<unknown>;
  #complaints = '';

  private constructor(process: BedProcess) {
    this.#process = process;
    this.#closed = once(process, 'close');
    this.#reader = createInterface(process.stdout);
    this.#lines = this.#reader[Symbol.asyncIterator]();
    process.stderr.setEncoding('utf8').on('data', (text: string) => (this.#complaints += text));
    process.stdin.on('error', () => undefined); // it has ended: reading tells
  }

  /** Resolves when the client has loaded its library. */
  static async start(process: BedProcess): Promise<Client> {
    const client = new Client(process);
    await client.#read();
    return client;
  }

  async ask(command: string): Promise<number[]> {
    this.#process.stdin.write(`${command}\n`);
    return (await this.#read()).split(' ').map(Number);
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    await this.#closed;
  }

  async #read(): Promise<string> {
    const line = (await this.#lines.next()) as IteratorResult<string, undefined>;
    if (line.done !== true) return line.value;
    await this.#closed;
    const error = this.#complaints.split('\n').find((line) => /^\w*Error: /.test(line));
    throw new Error(error?.replace(/^\w*Error: /, '') ?? lastLine(this.#complaints));
  }
}
