/** The jobs that run, on the picture of `vramkeeper top`, and how fast each produces its tokens. */
import type { TopRunningQuery } from '../../client/generated/graphql.ts';
import { shortId } from '../terminal/short-id.ts';
import { shortDuration } from '../terminal/text.ts';
import { type Canvas, namedTable } from './top-sections.ts';

type Running = TopRunningQuery['jobs']['nodes'][number];

export interface RunningJob extends Running {
  /** Null where it was not looked at twice yet. */
  readonly tokensPerSecond: number | null;
}

interface Seen {
  readonly at: number;
  readonly pieces: number;
}

/** A rate is of so long, in milliseconds: over less it would jump. */
const SPAN_MS = 5_000;

/** Looks at the same jobs again and again, and tells how fast each of them has become longer. */
export class Pace {
  readonly #seen = new Map<string, readonly Seen[]>();

  /** @param now epoch milliseconds */
  look(jobs: readonly Running[], now: number): readonly RunningJob[] {
    for (const id of this.#seen.keys()) if (!jobs.some((job) => job.id === id)) this.#seen.delete(id);
    return jobs.map((job) => ({ ...job, tokensPerSecond: this.#rateOf(job, now) }));
  }

  #rateOf({ id, pieces }: Running, now: number): number | null {
    if (pieces == null) return null;
    const last = this.#seen.get(id) ?? [];
    // Another run begins from nothing.
    const before = (last.at(-1)?.pieces ?? 0) > pieces ? [] : last.filter(({ at }) => now - at <= SPAN_MS);
    this.#seen.set(id, [...before, { at: now, pieces }]);
    const [first] = before;
    if (!first || now <= first.at) return null;
    return ((pieces - first.pieces) * 1_000) / (now - first.at);
  }
}

export function runningTable(jobs: readonly RunningJob[], canvas: Canvas): readonly string[] {
  return namedTable(
    [
      { head: 'RUNNING', least: 12 },
      { head: 'JOB', rank: 4 },
      { head: 'CLIENT', rank: 3 },
      { head: 'PRIORITY', rank: 1 },
      { head: 'FOR', right: true, rank: 2 },
      { head: 'TOKENS', right: true },
      { head: 'TOKENS/S', right: true },
    ],
    jobs.map(({ client, id, modelName, pieces, priority, startedAt, tokensPerSecond }) => [
      modelName,
      shortId(id),
      client,
      priority.toLowerCase(),
      startedAt ? shortDuration(canvas.now - Date.parse(startedAt)) : '-',
      pieces == null ? '-' : String(pieces),
      tokensPerSecond === null ? '-' : tokensPerSecond.toFixed(1),
    ]),
    canvas,
  );
}
