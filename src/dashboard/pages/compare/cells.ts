/** The cells of a comparison: what is known of each job, and what it has said so far. */
import {
  BatchCellsDocument,
  type BatchCellsQuery,
  type BatchCellsQueryVariables,
  BatchSaysDocument,
  type BatchSaysSubscription,
  type CellFactsFragment,
  CellsLiveDocument,
  type CellsLiveSubscription,
} from '../../generated/graphql.ts';
import { useAllPages, useCollected, useFolded } from '../../live/use-live.ts';
import { NOTHING_SAID, type OutputText, withPart } from '../job/output-text.ts';
import { placeOf } from './plan.ts';

export interface Cell {
  readonly job: CellFactsFragment;
  readonly said: OutputText;
}

export interface Cells {
  /** By their places. */
  readonly at: ReadonlyMap<string, Cell>;
  readonly problem: Error | null;
  /** Whether its jobs have been heard of. */
  readonly known: boolean;
}

type Jobs = ReadonlyMap<string, CellFactsFragment>;
type Said = ReadonlyMap<string, OutputText>;

const NONE: Said = new Map();

/** @param id of the batch */
export function useCells(id: string): Cells {
  const base = useAllPages(BatchCellsDocument, { id }, ({ batch }: BatchCellsQuery) => pageBehind(id, batch));
  const live = useFolded(CellsLiveDocument, { id }, withJob, ({ jobUpdated }) => ({
    after: jobUpdated.cursor,
  }));
  const said = useCollected(BatchSaysDocument, { id }, NONE, withChunk).value ?? NONE;
  const jobs = new Map(
    (base.value ?? []).flatMap(({ batch }) => batch?.jobs.nodes ?? []).map((job) => [job.id, job]),
  );
  for (const [jobId, job] of live.value ?? []) jobs.set(jobId, job);
  const at = new Map(
    [...jobs.values()].flatMap((job) => {
      const place = placeOf(job.metadata);
      return place === null ? [] : [[place, { job, said: said.get(job.id) ?? NOTHING_SAID }] as const];
    }),
  );
  return { at, problem: base.problem ?? live.problem, known: base.value !== undefined || at.size > 0 };
}

function pageBehind(id: string, batch: BatchCellsQuery['batch']): BatchCellsQueryVariables | null {
  const info = batch?.jobs.pageInfo;
  return info?.hasNextPage ? { id, after: info.endCursor } : null;
}

function withJob(jobs: Jobs | undefined, { jobUpdated: { job } }: CellsLiveSubscription): Jobs {
  return new Map(jobs).set(job.id, job);
}

function withChunk(said: Said, { batchOutput: { chunk, jobId } }: BatchSaysSubscription): Said {
  return new Map(said).set(jobId, withPart(said.get(jobId), chunk));
}

export interface Figures {
  readonly tokens: number | null;
  readonly tokensPerSecond: number | null;
  /** From its start to the first token, in ms. */
  readonly firstTokenMs: number | null;
  /** From its start to its end, in ms. */
  readonly runMs: number | null;
}

export function figuresOf({ finishedAt, firstOutputAt, result, startedAt }: CellFactsFragment): Figures {
  const usage = result?.__typename === 'TextResult' ? result.usage : null;
  const since = (at: string | null | undefined) =>
    at == null || startedAt == null ? null : Math.max(0, Date.parse(at) - Date.parse(startedAt));
  return {
    tokens: usage?.completionTokens ?? null,
    tokensPerSecond:
      usage && usage.completionTokens > 0 && usage.evalDuration > 0
        ? (usage.completionTokens * 1_000) / usage.evalDuration
        : null,
    firstTokenMs: since(firstOutputAt),
    runMs: since(finishedAt),
  };
}

/** Null without any. */
export function meanOf(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value) => value != null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
