import { WebSocket } from 'ws';
import type { Clock, Timer } from '../../clock.ts';

/** Pings, and cuts a client that did not answer the last one. Returns a function that ends it. */
export function keepAlive(socket: WebSocket, clock: Clock, intervalMs: number): () => void {
  let answered = true;
  let timer: Timer;
  const ping = () => {
    // A client that does not take what it is sent is not read either, so no answer of it can be seen.
    if (socket.isPaused) answered = true;
    else if (!answered) {
      socket.terminate();
      return;
    } else if (socket.readyState === WebSocket.OPEN) {
      answered = false;
      socket.ping();
    }
    timer = clock.after(intervalMs, ping);
  };
  socket.on('pong', () => {
    answered = true;
  });
  timer = clock.after(intervalMs, ping);
  return () => timer.cancel();
}
