/** How long a job should be in its slot, by what others of its model, its kind and its client took. */
import type { JobKind } from '../../domain/request.ts';
import type { EstimateError, JobSize } from '../../domain/work.ts';
import { type Experience, type Trial, type Work, type WorkKey, workKey } from './work.ts';

/** So many jobs of its own must have ended before what is special counts as much as what it is a part of; of ten hardly anything else counts. Chosen. */
const TRUSTED_RUNS = 2;

export interface Estimated {
  readonly weights: string;
  readonly client: string;
  /** Of a job whose request is not at hand. */
  readonly kind?: JobKind;
  /** Null where nothing of the request is known. */
  readonly size: JobSize | null;
}

/** In milliseconds; null while no job of the model has ended. */
export function estimateMs(
  work: Work,
  { weights, client, size, kind = size?.kind }: Estimated,
): number | null {
  const known = experienceOf(work, { weights, kind, client });
  if (!known) return null;
  const speed = work.speeds.get(weights);
  if (!size || !speed) return known.runMs;
  const tokens = size.maxTokens === null ? known.tokens : Math.min(known.tokens, size.maxTokens);
  const readMs = size.promptBytes * (speed.readMsPerByte ?? 0);
  return known.restMs + readMs + tokens * (speed.writeMsPerToken ?? 0);
}

/** Of what is special as far as it is known, and of what it is a part of for the rest. */
function experienceOf(work: Work, { weights, kind, client }: WorkKey): Experience | null {
  const all = work.models.get(workKey({ weights }));
  if (!all) return null;
  const ofKind = kind === undefined ? all : drawnTo(all, work.models.get(workKey({ weights, kind })));
  return drawnTo(ofKind, work.clients.get(workKey({ weights, kind, client })));
}

function drawnTo(whole: Experience, part: Experience | undefined): Experience {
  if (!part) return whole;
  const share = part.runs ** 2 / (part.runs ** 2 + TRUSTED_RUNS ** 2);
  const mix = (a: number, b: number) => a + share * (b - a);
  return {
    runs: whole.runs,
    runMs: mix(whole.runMs, part.runMs),
    restMs: mix(whole.restMs, part.restMs),
    tokens: mix(whole.tokens, part.tokens),
  };
}

export function workError({ trials }: Work): EstimateError {
  const sum = (of: (trial: Trial) => number) => trials.reduce((all, trial) => all + of(trial), 0);
  return {
    sampleCount: trials.length,
    medianError: median(trials.map(({ estimatedMs, realMs }) => Math.abs(estimatedMs - realMs) / realMs)),
    bias: trials.length === 0 ? null : sum((one) => one.estimatedMs) / sum((one) => one.realMs) - 1,
  };
}

/** The lower one of two in the middle; null of nothing. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length / 2) - 1)] ?? null;
}
