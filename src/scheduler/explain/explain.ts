/** Why a job waits: the verdict of the plan in words, with the numbers that decided. */
import type { JobWaiting, WaitReason } from '../../domain/decision.ts';
import type { Job } from '../../domain/job.ts';
import type { LastingFault } from '../../domain/system.ts';
import { formatBytes, formatDuration } from '../../domain/units.ts';
import { LONGEST_COURTESY_MS } from '../decide/constants.ts';
import type { LoadOption } from '../decide/snapshot.ts';
import type { Resident, Verdict } from '../decide/verdict.ts';
import { LATE_UNLOAD_MS, movement, whyNoRoom } from './why-no-room.ts';

export interface ExplainInput {
  readonly job: Pick<
    Job,
    'answeredBy' | 'client' | 'deadline' | 'history' | 'modelName' | 'notBefore' | 'status'
  >;
  /** What the plan says of its queue; null where it knows nothing of it. */
  readonly verdict: Verdict | null;
  /** Where the job's queue could run today. */
  readonly options: readonly LoadOption[];
  /** Names of backends that list its model and have not told yet what it is. Absent: none. */
  readonly awaitedOf?: readonly string[];
  /** Since when nothing could make room for it, epoch milliseconds; null when something could, or was not looked at. Absent: null. */
  readonly refusedAt?: number | null;
  /** Whether any backend has ever told its models. */
  readonly modelsKnown: boolean;
  /** How many jobs its client runs, where those are as many as it may. Absent: they are not. */
  readonly clientAtLimit?: number;
  /** What is known of its start. Absent: nothing. */
  readonly expected?: Expected;
  /** Whether a deadline that it should miss is told. Absent: it is. */
  readonly tellsHopeless?: boolean;
  /** What has been wrong for long. */
  readonly faults: readonly LastingFault[];
}

/** Of a job by what the scheduler would do if nothing else came. */
export interface Expected {
  /** Jobs of its queue that start before it; null where nobody knows. */
  readonly ahead: number | null;
  /** Epoch milliseconds; null where it cannot be known. */
  readonly start: number | null;
  /** How long it should run, in milliseconds; null where nobody knows. */
  readonly runMs: number | null;
}

/** Whose waiting a fault makes longer. */
const CONCERNS: Readonly<Record<LastingFault['kind'], readonly WaitReason[]>> = {
  CLAIMS_FAIL: ['LOADING', 'QUEUE_ORDER'],
  LOADS_FAIL: ['LOADING', 'VRAM'],
  LOAD_SLOW: ['LOADING', 'VRAM'],
  NO_ROOM_FOR_MODELS: ['VRAM'],
  RESULTS_NOT_STORED: [],
  UNLOAD_STUCK: ['SWAP_NOT_WORTH', 'VRAM'],
};

/** Null for a job that does not wait. */
export function explain(input: ExplainInput, now: number): JobWaiting | null {
  const found = reasonOf(input, now);
  if (!found) return null;
  const told = withExpected(found, input, now);
  const said = input.faults.filter((fault) => concerns(fault, found, input)).map(({ message }) => message);
  return said.length === 0 ? told : { ...told, explanation: [told.explanation, ...said].join(' ') };
}

/** What its reason itself says of its start holds; what is sooner than this is not worth a word. */
const SOON_MS = 2_000;

function withExpected(found: JobWaiting, input: ExplainInput, now: number): JobWaiting {
  const { expected, verdict } = input;
  if (verdict?.kind === 'IMPOSSIBLE' || !expected) return found;
  const start = found.expectedStart ?? expected.start;
  if (start === null) return found;
  const expectedStart = Math.round(Math.max(now, start));
  const expectedEnd = expected.runMs === null ? null : Math.round(expectedStart + expected.runMs);
  const isSaid = found.expectedStart !== null || start - now < SOON_MS;
  const said = isSaid ? [] : [`It should start in about ${formatDuration(start - now)}.`];
  const explanation = [found.explanation, ...said, ...missedDeadline(input, expectedEnd)].join(' ');
  return { ...found, explanation, expectedStart, expectedEnd };
}

function missedDeadline(
  { job: { deadline }, tellsHopeless = true }: ExplainInput,
  end: number | null,
): string[] {
  if (!tellsHopeless || !deadline || end === null || end <= deadline) return [];
  return [`It should end ${formatDuration(end - deadline)} after its deadline.`];
}

function concerns(
  { kind, backendId, weights }: LastingFault,
  { reason }: JobWaiting,
  { options }: ExplainInput,
): boolean {
  if (!CONCERNS[kind].includes(reason)) return false;
  if (backendId === null) return true;
  const there = options.filter((option) => option.backendId === backendId);
  // A load or an unload that goes on and on holds up the others of its backend too.
  return kind === 'LOADS_FAIL' ? there.some(({ variant }) => variant.weights === weights) : there.length > 0;
}

function reasonOf(input: ExplainInput, now: number): JobWaiting | null {
  const { job, verdict } = input;
  if (job.status !== 'PENDING' && job.status !== 'QUEUED') return null;
  if (job.answeredBy !== undefined)
    return waiting(
      'QUEUE_ORDER',
      `${job.answeredBy} asks the same: its answer will be the one of this job, too.`,
    );
  if (job.notBefore !== null && job.notBefore > now) {
    const last = job.history.at(-1)?.failure?.message ?? 'the last attempt failed';
    return waiting(
      'RETRY_DELAY',
      `Tried again in ${formatDuration(job.notBefore - now)}, because: ${last}`,
      job.notBefore,
    );
  }
  if (verdict?.kind === 'PAUSED') return said(verdict, input, now);
  if (job.status === 'PENDING' && input.clientAtLimit !== undefined) return atLimit(job, input.clientAtLimit);
  if (job.status === 'QUEUED' || verdict?.kind === 'LOADING') return loading(input, now);
  return verdict ? said(verdict, input, now) : unavailable(input, { unread: null, down: [], isKnown: false });
}

/** The verdict in words. */
function said(verdict: Verdict, input: ExplainInput, now: number): JobWaiting {
  const { job, refusedAt = null } = input;
  switch (verdict.kind) {
    case 'PAUSED':
      return waiting('SCHEDULER_PAUSED', 'The scheduler is paused; resumeScheduler lets it go on.');
    case 'LOADING':
      return loading(input, now);
    case 'TURN':
      return inQueue(input, verdict);
    case 'UNREACHABLE':
      return unavailable(input, verdict);
    case 'NOT_RESIDENT':
      return waiting(
        'MODEL_UNAVAILABLE',
        `${job.modelName} is not in memory on ${verdict.names.join(', ')}, where nothing can be loaded from here; it starts when whoever runs that has loaded it.`,
      );
    case 'IMPOSSIBLE': {
      const left = refusedAt === null ? 0 : Math.max(0, refusedAt - now);
      const when = left > 0 ? `in ${formatDuration(left)}, unless that changes` : 'now';
      return waiting('VRAM', `${verdict.explanation} The job fails ${when}.`);
    }
    case 'HOST_TOO_SMALL':
      return waiting(
        'VRAM',
        `Its server process does not fit into the memory of the host: ${hostNeed(verdict)}.`,
      );
    case 'SPILLED': {
      const { roomBytes, until } = verdict;
      const room = roomBytes === null ? '' : ` although ${formatBytes(roomBytes)} were free`;
      return waiting(
        'VRAM',
        `Its last load ended partly on the CPU${room}, so it was let go; it is loaded again when more is free, and tried again in ${formatDuration(until - now)} otherwise.`,
      );
    }
    case 'RAN_OUT': {
      const { roomBytes, fitsEmpty, advice, until } = verdict;
      const more = fitsEmpty ? 'It is tried again when more is free' : 'It is tried again';
      return waiting(
        'VRAM',
        `Its last load ran out of memory with ${formatBytes(roomBytes)} free for it. ${more}, in ${formatDuration(until - now)} at the latest.${advice}`,
      );
    }
    case 'TOO_LARGE_NOW':
      return waiting(
        'VRAM',
        `It needs ${formatBytes(verdict.needBytes)}; no GPU of ${verdict.place.name} has more than ${formatBytes(verdict.mostBytes)} to give.`,
      );
    case 'MAKING_ROOM':
      return waiting(
        'VRAM',
        `Room for its ${formatBytes(verdict.needBytes)} is being made${movements(verdict.leaving, now)}.`,
      );
    case 'HELD':
      return waiting(
        'VRAM',
        `The last load of its model failed; the next one is in ${formatDuration(verdict.until - now)}.`,
      );
    case 'LEAVING': {
      const late = verdict.own.some(({ unloadStartedAt }) => now - (unloadStartedAt ?? now) > LATE_UNLOAD_MS);
      const how = late ? movements(verdict.own, now) : '';
      return waiting('VRAM', `Its model is on its way out of memory, and is loaded again after that${how}.`);
    }
    case 'HOST_SHORT':
      return waiting('VRAM', `The host is short of memory for another server process: ${hostNeed(verdict)}.`);
    case 'CHANNELS': {
      const { name, loadChannels } = verdict.place;
      const most = loadChannels === 1 ? 'one model' : `${loadChannels} models`;
      return waiting('VRAM', `${name} loads ${most} at a time, and another one's turn is first.`);
    }
    case 'COURTESY': {
      const { fits, needBytes } = verdict;
      const would = 'would keep out a model that is more urgent';
      const what = fits
        ? `There is room for its ${formatBytes(needBytes)}, where it ${would}.`
        : `It ${would}.`;
      return waiting(
        'VRAM',
        `${what} It lets that one go first, and waits for it for at most ${formatDuration(LONGEST_COURTESY_MS)} while others work.`,
      );
    }
    case 'ABOUT_TO_LOAD':
      return waiting('VRAM', 'Its model is about to be loaded.');
    case 'NO_ROOM':
      return waiting(verdict.residents.length > 0 ? 'SWAP_NOT_WORTH' : 'VRAM', whyNoRoom(verdict, now));
    default:
      return verdict satisfies never;
  }
}

function atLimit({ client }: Pick<Job, 'client'>, running: number): JobWaiting {
  const jobs = running === 1 ? 'one job' : `${running} jobs`;
  return waiting('CLIENT_LIMIT', `${client} runs ${jobs}, which is its limit.`);
}

function loading({ job, verdict }: ExplainInput, now: number): JobWaiting {
  const found = verdict?.kind === 'LOADING' ? verdict : null;
  const since = found ? ` for ${formatDuration(now - found.since)}` : '';
  const start = job.status === 'QUEUED' && found ? Math.max(now, found.until) : null;
  return waiting('LOADING', `${job.modelName} has been loading${since}.`, start);
}

function unavailable(
  { job, modelsKnown, awaitedOf = [] }: ExplainInput,
  { unread, down, isKnown }: Pick<Extract<Verdict, { kind: 'UNREACHABLE' }>, 'unread' | 'down' | 'isKnown'>,
): JobWaiting {
  if (unread) return waiting('BACKEND_DOWN', `The GPUs of ${unread.name} cannot be read yet: ${unread.why}`);
  if (isKnown || !modelsKnown) {
    return waiting(
      'BACKEND_DOWN',
      `${down.join(', ') || 'No backend'} does not answer; the job starts when it is back.`,
    );
  }
  if (awaitedOf.length > 0)
    return waiting(
      'BACKEND_DOWN',
      `What ${awaitedOf.join(', ')} ${awaitedOf.length === 1 ? 'tells' : 'tell'} of ${job.modelName} is still awaited; the job starts when it is known.`,
    );
  return waiting('MODEL_UNAVAILABLE', `No backend has ${job.modelName}; it starts when one has pulled it.`);
}

function inQueue(
  { expected }: ExplainInput,
  { slots, backlog }: Extract<Verdict, { kind: 'TURN' }>,
): JobWaiting {
  const has = slots === 1 ? 'the slot' : `one of the ${slots} slots`;
  const ahead = expected?.ahead ?? null;
  if (ahead === null) return waiting('QUEUE_ORDER', `${backlog.count} of its model's jobs wait for ${has}.`);
  const text =
    ahead === 0
      ? `It is next for ${has} of its model.`
      : `About ${ahead} of its model's jobs come before it for ${has}.`;
  return waiting('QUEUE_ORDER', text);
}

function movements(instances: readonly Resident[], now: number): string {
  const each = instances.map((instance) => `${instance.variant.modelName} ${movement(instance, now)}`);
  return each.length > 0 ? `: ${each.join(', ')}` : '';
}

function hostNeed({
  needBytes,
  freeBytes,
}: {
  readonly needBytes: number;
  readonly freeBytes: number;
}): string {
  return `it may come to need ${formatBytes(needBytes)}, and ${formatBytes(freeBytes)} are left`;
}

function waiting(reason: WaitReason, explanation: string, start: number | null = null): JobWaiting {
  const expectedStart = start === null ? null : Math.round(start);
  return { reason, explanation, expectedStart, expectedEnd: null };
}
