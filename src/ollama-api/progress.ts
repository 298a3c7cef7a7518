import { type Exchange, ObjectStream, sendError, sendJson } from './exchange.ts';

/** Runs `work` and answers its progress: line by line, or without `stream` only the last of it. */
export async function answerProgress<T>(
  exchange: Exchange,
  stream: boolean | undefined,
  work: (report: (line: T) => void) => Promise<void> | void,
): Promise<void> {
  if (stream === false) {
    let latest: T | { readonly status: '' } = { status: '' };
    try {
      await work((line) => {
        latest = line;
      });
      sendJson(exchange, 200, latest, 'application/json');
    } catch (error) {
      sendError(exchange, error, 'application/json');
    }
    return;
  }
  const objects = new ObjectStream(exchange);
  try {
    await work((line) => objects.write(line));
    objects.end();
  } catch (error) {
    objects.fail(error);
  }
}
