/** Reads a request's body within its limit and the budget of all, whether its length was told or it comes in chunks. */
import type { IncomingMessage } from 'node:http';
import type { Clock, Timer } from '../clock.ts';
import type { ByteBudget, Owner, Share } from './byte-budget.ts';
import type { HttpLimits } from './http-limits.ts';
import { HttpRefusal } from './refusal.ts';

export interface Body {
  /** Gives the bytes away, once, so that they can be forgotten while what was made of them is worked on. */
  take(): Buffer<ArrayBuffer>;
  /** What it holds of the budget until its request is answered. */
  readonly share: Share;
}

export interface BodyReading {
  readonly limits: HttpLimits;
  readonly budget: ByteBudget;
  /** Whose bytes they are. */
  readonly owner: Owner;
  readonly clock: Clock;
  /** Aborts when the caller is gone. */
  readonly gone: AbortSignal;
  /** Called when there is room, before anything is read. */
  readonly proceed: () => void;
}

/** @throws HttpRefusal BODY_TOO_LARGE, BUSY, REQUEST_TIMEOUT, BAD_REQUEST when the caller went away half-way */
export async function readBody(request: IncomingMessage, reading: BodyReading): Promise<Body> {
  const { budget, gone, limits, owner, proceed } = reading;
  const header = request.headers['content-length'];
  const told = header === undefined ? null : Number(header);
  if (told !== null && told > limits.bodyBytes) throw tooLarge(limits.bodyBytes);
  let share: Share | null = null;
  try {
    // What was told counts before it comes; what was not as a small one, and beyond that as it comes.
    share = await budget.take(owner, told ?? limits.smallBytes, gone);
    proceed();
    return bodyOf(await receive(request, reading, share, told), share);
  } catch (error) {
    share?.release();
    if (error instanceof HttpRefusal) throw error;
    throw endedEarly();
  }
}

function bodyOf(bytes: Buffer<ArrayBuffer>, share: Share): Body {
  let rest: Buffer<ArrayBuffer> | null = bytes;
  return {
    share,
    take() {
      if (!rest) throw new Error('The body was taken before.');
      const taken = rest;
      rest = null;
      return taken;
    },
  };
}

async function receive(
  request: IncomingMessage,
  { clock, gone, limits }: BodyReading,
  share: Share,
  told: number | null,
): Promise<Buffer<ArrayBuffer>> {
  const whole = told === null ? null : Buffer.allocUnsafeSlow(told);
  const chunks: Buffer[] = [];
  let received = 0;
  const end = Promise.withResolvers<unknown>();
  const onData = (chunk: Buffer) => {
    received += chunk.length;
    if (received > limits.bodyBytes) return end.reject(tooLarge(limits.bodyBytes));
    if (whole) return chunk.copy(whole, received - chunk.length);
    chunks.push(chunk);
    if (received <= share.bytes) return;
    request.pause();
    return share.grow(received - share.bytes, gone).then(() => request.resume(), end.reject);
  };
  request.on('data', onData);
  request.once('end', end.resolve);
  // However its connection ends, and whichever side ends it, Node tells of a body that is not whole by an error.
  request.once('error', end.reject);
  const slow = () => end.reject(tooSlow());
  const pace = told === null ? null : new Pace(told, limits, clock, () => received, slow);
  const limit = clock.after(limits.requestTimeoutMs, slow);
  try {
    await end.promise;
    share.subtract(share.bytes - received);
    return whole ?? Buffer.concat(chunks);
  } finally {
    request.off('data', onData);
    pace?.stop();
    limit.cancel();
  }
}

/**
 * A length that was told holds its room from the start, so the body must come at the pace at which it would be whole in time:
 * else a few callers who announce much and send little would hold all of it for as long as a request may take.
 */
class Pace {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #look: () => void;
  #timer: Timer;

  constructor(told: number, limits: HttpLimits, clock: Clock, received: () => number, onSlow: () => void) {
    const { bodyGraceMs, checkIntervalMs, requestTimeoutMs } = limits;
    const since = clock.monotonic();
    this.#clock = clock;
    this.#intervalMs = checkIntervalMs;
    this.#look = () => {
      const expected = (told * (clock.monotonic() - since - bodyGraceMs)) / requestTimeoutMs;
      if (received() < expected) onSlow();
      else this.#timer = this.#next();
    };
    this.#timer = this.#next();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #next(): Timer {
    return this.#clock.after(this.#intervalMs, this.#look);
  }
}

function endedEarly(): HttpRefusal {
  return new HttpRefusal('BAD_REQUEST', 'The body ended early.');
}

function tooSlow(): HttpRefusal {
  return new HttpRefusal(
    'REQUEST_TIMEOUT',
    'The body came too slowly. Send it at once when it is all there.',
  );
}

function tooLarge(maxBytes: number): HttpRefusal {
  return new HttpRefusal(
    'BODY_TOO_LARGE',
    `The body is larger than the limit of ${maxBytes} bytes. Send less, or raise maxBodyBytes.`,
    { 'x-max-body-bytes': String(maxBytes) },
  );
}
