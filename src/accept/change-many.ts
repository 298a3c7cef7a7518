/** One change for many jobs: those named, or those that a filter takes, in pieces between which others get their turn. */
import { InvalidInputError } from '../domain/errors.ts';
import { isId, type JobId } from '../domain/ids.ts';
import { statusesBefore } from '../domain/job.ts';
import { changeableFilter, type JobFilter } from '../domain/job-filter.ts';
import { letChange, type Principal, sees } from '../domain/principal.ts';
import {
  jobPosition,
  type ManyChange,
  type ManyOutcome,
  MOST_CHANGED_AT_ONCE,
  type ReadScope,
  type Store,
} from '../domain/store.ts';
import { queueFull } from './queue-full.ts';

export type JobSelection =
  /** Texts that may be no ids at all. */
  { readonly ids: readonly string[] } | { readonly filter: JobFilter };

export interface ManyChanged {
  readonly changed: number;
  /** They are there, and not in a status in which they could be changed, or are so already. */
  readonly unchanged: number;
  /** Of those named: there are no such jobs, for this caller. */
  readonly missing: readonly string[];
  /** Jobs are left that it was asked for: no more are taken in one call, or the queue is full. */
  readonly more: boolean;
}

/** So that a call ends, however many jobs there are and come. */
const MOST_PIECES = 100;

const NONE: ManyOutcome = { changed: 0, unchanged: 0, missing: [], queueFull: null };
const ORDER = { field: 'CREATED_AT', direction: 'ASC' } as const;

export interface ChangeManyDependencies {
  readonly store: Pick<Store, 'changeMany' | 'jobs' | 'list'>;
  retryAfterMs(this: void, client: string | null): number;
}

/**
 * What was changed stays changed, whatever becomes of the rest: ask again for it.
 * @throws InvalidInputError, QueueFullError when not even the first job could be queued again, and what a read with a scope does
 */
export async function changeMany(
  deps: ChangeManyDependencies,
  principal: Principal,
  selection: JobSelection,
  change: ManyChange,
  scope: ReadScope,
): Promise<ManyChanged> {
  const { store } = deps;
  if ('ids' in selection) {
    const ids = [...new Set(selection.ids)];
    if (ids.length > MOST_CHANGED_AT_ONCE) throw tooMany(ids.length);
    const { own, foreign } = await ownIds(store, principal, ids);
    const outcome = own.length > 0 ? await store.changeMany(own, change) : NONE;
    refuseIfFull(outcome, deps);
    const { changed, unchanged, queueFull } = outcome;
    return { changed, unchanged, missing: [...foreign, ...outcome.missing], more: queueFull !== null };
  }
  if (!hasCondition(selection.filter)) throw nothingNamed();
  return changeFiltered(deps, narrowed(selection.filter, principal, change), change, scope);
}

async function changeFiltered(
  deps: ChangeManyDependencies,
  filter: JobFilter,
  change: ManyChange,
  scope: ReadScope,
): Promise<ManyChanged> {
  const { store } = deps;
  let changed = 0;
  let unchanged = 0;
  let after: ReturnType<typeof jobPosition> | undefined;
  for (let piece = 0; piece < MOST_PIECES; piece += 1) {
    scope.signal?.throwIfAborted();
    const query = { filter, order: ORDER, limit: MOST_CHANGED_AT_ONCE, ...(after && { after }) };
    const { jobs, hasNext } = await store.list(query, scope);
    const last = jobs.at(-1);
    if (!last) break;
    const ids = jobs.map(({ id }) => id);
    const outcome = await store.changeMany(ids, change);
    changed += outcome.changed;
    unchanged += outcome.unchanged;
    if (changed === 0) refuseIfFull(outcome, deps);
    if (outcome.queueFull) return { changed, unchanged, missing: [], more: true };
    if (!hasNext) break;
    if (piece === MOST_PIECES - 1) return { changed, unchanged, missing: [], more: true };
    after = jobPosition(last, ORDER.field);
  }
  return { changed, unchanged, missing: [], more: false };
}

/** An empty list of labels is met by every job. */
function hasCondition({ labels = [], ...others }: JobFilter): boolean {
  return labels.length > 0 || Object.keys(others).length > 0;
}

/** Only what the caller may change, and of that only what can be changed: the others need not be looked at. */
function narrowed(filter: JobFilter, principal: Principal, change: ManyChange): JobFilter {
  const able = change.kind === 'setPriority' ? (['PENDING'] as const) : statusesBefore(EVENTS[change.kind]);
  const statuses = filter.statuses ? able.filter((one) => filter.statuses?.includes(one)) : able;
  return changeableFilter(principal, { ...filter, statuses });
}

const EVENTS = { cancel: 'cancel', retry: 'requeue' } as const;

async function ownIds(
  store: ChangeManyDependencies['store'],
  principal: Principal,
  texts: readonly string[],
): Promise<{ readonly own: readonly JobId[]; readonly foreign: readonly string[] }> {
  const ids = texts.filter((text): text is JobId => isId('job', text));
  const jobs = await store.jobs(ids);
  const visible = jobs.flatMap((job) => (job && sees(principal, job) ? job : []));
  for (const job of visible) letChange(principal, job);
  const seen = new Set<string>(visible.map(({ id }) => id));
  return { own: ids.filter((id) => seen.has(id)), foreign: texts.filter((text) => !seen.has(text)) };
}

function refuseIfFull(
  { changed, queueFull: full }: ManyOutcome,
  { retryAfterMs }: ChangeManyDependencies,
): void {
  if (full && changed === 0) throw queueFull(full, retryAfterMs);
}

function tooMany(count: number): InvalidInputError {
  const message = `${count} ids are too many: at most ${MOST_CHANGED_AT_ONCE} at once. Send several requests, or a filter.`;
  return new InvalidInputError([{ path: ['jobs', 'ids'], message }]);
}

function nothingNamed(): InvalidInputError {
  const message =
    'means every job there is. Give at least one condition; all statuses mean the same in words.';
  return new InvalidInputError([{ path: ['jobs', 'filter'], message }]);
}
