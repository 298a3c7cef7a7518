/**
 * Makes something of a body. What is small is read at once; what is large, in a thread of its own: the text of 20 MiB takes a second to be
 * decoded field by field, and nobody else would be answered meanwhile.
 */
import { extname } from 'node:path';
import { Tinypool } from 'tinypool';
import { withDeepAsText, withDeepJson } from '../domain/deep-json.ts';
import { cutForMessage } from '../domain/json.ts';

/** A reading that threads know by its name. Pure. */
export interface BodyDecoder<T> {
  readonly name: string;
  /** @throws whatever the API tells its callers, as an error that `toPlain` and `fromPlain` know */
  decode(text: string): T;
}

/** Undefined where it is no JSON. */
export const WHOLE_JSON_BODY: BodyDecoder<unknown> = { name: 'whole json', decode: parsed };

/** The same for readers that work by recursion: nested too deep for them, it comes cut, and is still too deep for whoever reads it. */
export const JSON_BODY: BodyDecoder<unknown> = {
  name: 'json',
  decode: (text) => cutForMessage(parsed(text)),
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the thread is given, and what it answers. */
export interface DecodeTask {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}
export type Decoded = { readonly value: unknown } | { readonly refusal: PlainError };

/** Levels that go from thread to thread as they are: what lies deeper than anything means goes as its text. */
const DEEPEST_HANDED_OVER = 32;

/** Runs in the thread. @throws what the decoder throws */
export function decodeForCaller(decoder: BodyDecoder<unknown>, { bytes }: DecodeTask): Decoded {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return { value: withDeepAsText(decoder.decode(text), DEEPEST_HANDED_OVER) };
}

/** An error as it goes from thread to thread. */
export interface PlainError {
  readonly status: number;
  readonly message: string;
}

export interface BodyReaderOptions {
  /** The program of the thread: its `decode` answers a `DecodeTask`. */
  readonly worker: URL;
  /** The error that stands for a refusal. */
  revive(refusal: PlainError): Error;
}

/** Up to here a thread costs more than it saves: some milliseconds of decoding. */
const AT_ONCE_BYTES = 131_072;
/** Threads end when nothing large has come for so long. */
const IDLE_MS = 30_000;

export class BodyReader {
  readonly #options: BodyReaderOptions;
  #pool: Tinypool | null = null;

  constructor(options: BodyReaderOptions) {
    this.#options = options;
  }

  /** @param bytes are given away. @throws what the decoder throws */
  async read<T>(decoder: BodyDecoder<T>, bytes: Buffer<ArrayBuffer>): Promise<T> {
    if (bytes.length <= AT_ONCE_BYTES) return decoder.decode(bytes.toString('utf8'));
    const task: DecodeTask = { name: decoder.name, bytes };
    const owned = bytes.byteLength === bytes.buffer.byteLength;
    const decoded: Decoded = await this.#threads().run(task, {
      name: 'decode',
      ...(owned && { transferList: [bytes.buffer] }),
    });
    if ('refusal' in decoded) throw this.#options.revive(decoded.refusal);
    return withDeepJson(decoded.value as T);
  }

  async stop(): Promise<void> {
    await this.#pool?.destroy();
    this.#pool = null;
  }

  #threads(): Tinypool {
    this.#pool ??= new Tinypool({
      filename: this.#options.worker.href,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: IDLE_MS,
      concurrentTasksPerWorker: 1,
    });
    return this.#pool;
  }
}

/** The file beside the caller's that has its extension: `.ts` in a checkout, `.js` in the package. */
export function siblingProgram(name: string, from: string): URL {
  return new URL(`./${name}${extname(from)}`, from);
}
