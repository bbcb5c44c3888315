import { constants } from 'node:os';
import { failure } from './terminal.js';

/** Why a walk was ended before its end. */
export class Interruption extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Turns the signals that end a process, and the end of whoever reads its output, into an abort. */
export function listenForInterruptions(pending: () => string[]): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const onSignal = (name: (typeof signals)[number]) => {
    const exitCode = 128 + constants.signals[name];
    if (controller.signal.aborted) {
      // Somebody does not want to wait, for instance because the daemon hangs.
      failure(`Left at once. Not put back: ${pending().join(', ') || 'nothing'}.`);
      process.exit(exitCode);
    }
    failure(`${name}: everything is put back. A second time: leave at once.`);
    controller.abort(new Interruption(name, exitCode));
  };
  const onClosed = () => {
    if (!controller.signal.aborted) controller.abort(new Interruption('nobody reads the output any more', 1));
  };
  for (const name of signals) process.on(name, onSignal);
  process.stdout.on('error', onClosed);
  const stop = () => {
    for (const name of signals) process.off(name, onSignal);
  };
  return { signal: controller.signal, stop };
}
