/** What a finished job teaches of the work of others: how long it was in its slot, how fast its model reads and writes, how long its answer was. */
import type { DoneWork } from '../../domain/work.ts';
import { withUsed } from './lately-used.ts';
import { type Experience, type Speed, type Work, type WorkKey, workKey } from './work.ts';
import { estimateMs } from './work-estimate.ts';

/** Weight of the newest job in a mean that has seen enough of them. Chosen. */
const NEWEST = 0.1;
const MOST_MODELS = 4_096;
const MOST_CLIENTS = 4_096;
const MOST_TRIALS = 256;

export interface Finished {
  readonly weights: string;
  readonly client: string;
  /** In its slot. */
  readonly ranMs: number;
  /** Absent: nothing is known of it but that. */
  readonly work?: DoneWork | undefined;
}

export function learnWork(work: Work, { weights, client, ranMs, work: done }: Finished): Work {
  const kind = done?.size.kind;
  const estimatedMs = estimateMs(work, { weights, client, size: done?.size ?? null });
  const parts = partsOf(ranMs, done);
  let { models, clients } = work;
  const learnIn = (known: Work['models'], about: WorkKey, most: number) => {
    const key = workKey(about);
    return withUsed(known, key, mixed(known.get(key), parts), most);
  };
  models = learnIn(models, { weights }, MOST_MODELS);
  clients = learnIn(clients, { weights, client }, MOST_CLIENTS);
  if (kind !== undefined) {
    models = learnIn(models, { weights, kind }, MOST_MODELS);
    clients = learnIn(clients, { weights, kind, client }, MOST_CLIENTS);
  }
  return {
    models,
    clients,
    speeds: done
      ? withUsed(work.speeds, weights, faster(work.speeds.get(weights), done), MOST_MODELS)
      : work.speeds,
    trials: estimatedMs === null ? work.trials : withTrial(work.trials, { estimatedMs, realMs: ranMs }),
  };
}

function withTrial(trials: Work['trials'], newest: Work['trials'][number]): Work['trials'] {
  const kept = trials.slice(1 - MOST_TRIALS);
  kept.push(newest);
  return kept;
}

type Parts = Omit<Experience, 'runs'>;

function partsOf(ranMs: number, done: DoneWork | undefined): Parts {
  const { promptDurationMs = 0, evalDurationMs = 0, completionTokens = 0 } = done?.usage ?? {};
  return {
    runMs: ranMs,
    restMs: Math.max(0, ranMs - promptDurationMs - evalDurationMs),
    tokens: completionTokens,
  };
}

function mixed(before: Experience | undefined, parts: Parts): Experience {
  if (!before) return { runs: 1, ...parts };
  const runs = before.runs + 1;
  const share = Math.max(NEWEST, 1 / runs);
  const mix = (old: number, one: number) => old + share * (one - old);
  return {
    runs,
    runMs: mix(before.runMs, parts.runMs),
    restMs: mix(before.restMs, parts.restMs),
    tokens: mix(before.tokens, parts.tokens),
  };
}

function faster(before: Speed | undefined, { size, usage }: DoneWork): Speed {
  const mix = (old: number | null | undefined, ms: number | undefined, of: number) => {
    if (!ms || of <= 0) return old ?? null;
    return old === null || old === undefined ? ms / of : old + NEWEST * (ms / of - old);
  };
  return {
    readMsPerByte: mix(before?.readMsPerByte, usage.promptDurationMs, size.promptBytes),
    writeMsPerToken: mix(before?.writeMsPerToken, usage.evalDurationMs, usage.completionTokens),
  };
}
