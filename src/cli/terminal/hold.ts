import { MessageChannel } from 'node:worker_threads';

/** Keeps the process alive until it is let go: timers of ours do not, and between two requests nothing else may. */
export function holdProcess(): () => void {
  const { port1 } = new MessageChannel();
  port1.ref();
  return () => port1.close();
}
