/** Who was in memory, as lanes: one for each model on each GPU, with its stays cut into what they did. */
import type { StayFragment } from '../generated/graphql.ts';

export const STATES = ['loading', 'ready', 'leaving'] as const;
export type State = (typeof STATES)[number];

export interface Lane {
  readonly key: string;
  readonly model: string;
  readonly gpuId: string | null;
  /** By state, in seconds from `origin`; an open end is null. */
  readonly spans: Readonly<Record<State, readonly Span[]>>;
}

export interface Span {
  readonly from: number;
  readonly to: number | null;
}

/** @param origin in ms, what the seconds of the spans count from: so they stay small enough for pictures */
export function lanesOf(stays: readonly StayFragment[], origin: number): readonly Lane[] {
  const groups = Map.groupBy(stays, ({ gpuId, modelName }) => `${gpuId ?? ''} ${modelName}`);
  return [...groups]
    .map(([key, group]) => laneOf(key, group, origin))
    .toSorted((one, other) => one.model.localeCompare(other.model) || one.key.localeCompare(other.key));
}

function laneOf(key: string, stays: readonly StayFragment[], origin: number): Lane {
  const seconds = (at: string) => (Date.parse(at) - origin) / 1000;
  const spans: Record<State, Span[]> = { loading: [], ready: [], leaving: [] };
  for (const { loadingAt, readyAt, endingAt, goneAt } of stays) {
    const gone = goneAt == null ? null : seconds(goneAt);
    const ending = endingAt == null ? null : seconds(endingAt);
    const ready = readyAt == null ? null : seconds(readyAt);
    spans.loading.push({ from: seconds(loadingAt), to: ready ?? ending ?? gone });
    if (ready !== null) spans.ready.push({ from: ready, to: ending ?? gone });
    if (ending !== null) spans.leaving.push({ from: ending, to: gone });
  }
  return { key, model: stays[0]?.modelName ?? '', gpuId: stays[0]?.gpuId ?? null, spans };
}

/** One path for all spans of a state: a picture of thousands costs as much as one of ten. @param now ends those that are open */
export function pathOf(spans: readonly Span[], now: number, height: number): string {
  return spans.map(({ from, to }) => `M${from} 0H${Math.max(to ?? now, from)}V${height}H${from}Z`).join('');
}
