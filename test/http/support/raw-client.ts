/** Speaks HTTP by the byte, to say what no client library would. */
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawConnection {
  readonly socket: Socket;
  readonly received: () => string;
  /** Resolves when the other side has ended the connection, with or without an error. */
  readonly closed: Promise<void>;
}

export function openRaw(port: number, options: { readonly allowHalfOpen?: boolean } = {}): RawConnection {
  const socket = connect({ port, host: '127.0.0.1', ...options });
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  // A reset is an end too; what was received before it counts.
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, received: () => text, closed };
}

/** Sends the text as it is and reads until the server closes. */
export async function sendRaw(port: number, text: string): Promise<RawAnswer> {
  const { socket, received, closed } = openRaw(port);
  socket.write(text, 'latin1');
  await closed;
  return parseAnswer(received());
}

export function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine.split(' ')[1]), headers, body: rest.join('\r\n\r\n') };
}

export function requestText(
  line: string,
  headers: Readonly<Record<string, string | number>>,
  body = '',
): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `${[line, ...lines].join('\r\n')}\r\n\r\n${body}`;
}
