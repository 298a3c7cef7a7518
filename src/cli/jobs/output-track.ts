/** Which pieces of a job's output are new, and where a stream that broke is to go on. Pure. */
import type { JobOutputSubscription } from '../../client/generated/graphql.ts';

export type OutputChunk = Pick<JobOutputSubscription['jobOutput'], 'attempt' | 'channel' | 'offset' | 'text'>;

export interface OutputPiece {
  readonly channel: OutputChunk['channel'];
  /** What was not seen before; never empty, but where an attempt begins. */
  readonly text: string;
  /** Another attempt begins with it: what came before it is void. Null where none does. */
  readonly newAttempt: number | null;
}

export class OutputTrack {
  #attempt = 1;
  /** Where the next new piece of the attempt starts, over all channels. */
  #next = 0;

  /** Null for what was seen before: a stream may begin again from the start. */
  take(chunk: OutputChunk): OutputPiece | null {
    if (chunk.attempt < this.#attempt) return null;
    // An attempt of which nothing was seen leaves nothing to be void.
    const newAttempt = chunk.attempt > this.#attempt && this.#next > 0 ? chunk.attempt : null;
    if (chunk.attempt > this.#attempt) this.#next = 0;
    this.#attempt = chunk.attempt;
    const text = chunk.text.slice(Math.max(0, this.#next - chunk.offset));
    this.#next = Math.max(this.#next, chunk.offset + chunk.text.length);
    return text === '' && newAttempt === null ? null : { channel: chunk.channel, text, newAttempt };
  }

  /** As `jobOutput` takes it. */
  resumeAt(): { readonly attempt: number; readonly fromOffset: number } {
    return { attempt: this.#attempt, fromOffset: this.#next };
  }
}
