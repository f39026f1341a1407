/** Pauses in long work: a signal is heard between two pieces of work only, and Ctrl-C shall end every command at once. */
import { setImmediate } from 'node:timers/promises';

const milliseconds = 100;

/** What has arrived meanwhile is heard. */
export async function breathe(): Promise<void> {
  // The first may come before the loop looks for signals, the second cannot.
  await setImmediate();
  await setImmediate();
}

/** Work that stops between its pieces, done with pauses. */
export async function unhurried<Result>(work: Generator<undefined, Result>): Promise<Result> {
  let heard = Date.now();
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (Date.now() - heard < milliseconds) continue;
    await breathe();
    heard = Date.now();
  }
}
