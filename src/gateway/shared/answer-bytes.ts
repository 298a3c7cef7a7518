/** How answers are written, whichever API they are of. */
import { type Exchange, JSON_TYPE, sendJson } from '../../ollama-api/exchange.ts';
import { stringifyGo } from '../../ollama-api/go-json.ts';

/** Of server-sent events. Nothing on the way may hold them back. */
export const EVENT_STREAM_HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache',
  'X-Accel-Buffering': 'no',
};

/** A sign of life before an object. */
export function sendSpace({ response }: Exchange): void {
  if (!response.headersSent) response.writeHead(200, { 'Content-Type': JSON_TYPE });
  response.write(' ');
}

/** An object, whether signs of life came before it or not. */
export function sendWhole(exchange: Exchange, value: unknown): void {
  const { response } = exchange;
  if (response.headersSent) response.end(stringifyGo(value));
  else sendJson(exchange, 200, value);
}
