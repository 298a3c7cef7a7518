/** What one attempt of a job has said, for its record. */
import type { OutputChannel, OutputPart } from '../domain/job.ts';

/** Gathers what an attempt says into as few parts as there are changes of channel. */
export class OutputRecorder {
  readonly #attempt: number;
  readonly #parts: { readonly channel: OutputChannel; readonly pieces: string[] }[] = [];

  constructor(attempt: number) {
    this.#attempt = attempt;
  }

  add(channel: OutputChannel, text: string): void {
    if (text === '') return;
    const last = this.#parts.at(-1);
    if (last?.channel === channel) last.pieces.push(text);
    else this.#parts.push({ channel, pieces: [text] });
  }

  parts(): readonly OutputPart[] {
    return this.#parts.map(({ channel, pieces }) => ({
      attempt: this.#attempt,
      channel,
      text: pieces.join(''),
    }));
  }
}
