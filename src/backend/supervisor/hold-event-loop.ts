/** Keeps this process alive until disposed: timers of a `Clock` do not, and ending processes must not be cut short by an empty event loop. */
import { MessageChannel } from 'node:worker_threads';

export function holdEventLoop(): Disposable {
  const { port1 } = new MessageChannel();
  port1.ref();
  return { [Symbol.dispose]: () => port1.close() };
}
