/** Why a job waits, with the numbers that decide it. */
import type { JobWaiting, WaitReason } from '../../domain/decision.ts';
import { JOB_PRIORITIES, type Job } from '../../domain/job.ts';
import { greatest } from '../../domain/long-lists.ts';
import type { LastingFault } from '../../domain/system.ts';
import { formatBytes, formatDuration } from '../../domain/units.ts';
import { asItLoads } from '../decide/as-it-loads.ts';
import { LONGEST_COURTESY_MS, OVERDUE_MS } from '../decide/constants.ts';
import { couldFit, fitWithout } from '../decide/fit.ts';
import { hostAdmits, hostBytesOf, hostCouldAdmit } from '../decide/host.ts';
import { explainedBySlots, impossibleEverywhere } from '../decide/impossible.ts';
import { misfitUntil } from '../decide/misfit.ts';
import { fitsEmpty } from '../decide/placement.ts';
import { pausedUntil, shortfallOf, shortfallUntil } from '../decide/shortfall.ts';
import {
  type BackendSnapshot,
  type InstanceSnapshot,
  type LoadOption,
  type Snapshot,
  serves,
} from '../decide/snapshot.ts';
import { LATE_UNLOAD_MS, movement, whyNoRoom } from './why-no-room.ts';

export interface ExplainInput {
  readonly job: Job;
  readonly snapshot: Snapshot;
  /** Where the job's queue could run today. */
  readonly options: readonly LoadOption[];
  /** Names of backends that list its model and have not told yet what it is. Absent: none. */
  readonly awaitedOf?: readonly string[];
  /** Since when nothing could make room for it, epoch milliseconds; null when something could, or was not looked at. Absent: null. */
  readonly refusedAt?: number | null;
  /** Whether any backend has ever told its models. */
  readonly modelsKnown: boolean;
  /** Mean time of the jobs of this queue in a slot; null while there is no experience. */
  readonly meanRunMs: number | null;
  /** What has been wrong for long. */
  readonly faults: readonly LastingFault[];
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
  const said = input.faults.filter((fault) => concerns(fault, found, input)).map(({ message }) => message);
  return said.length === 0 ? found : { ...found, explanation: [found.explanation, ...said].join(' ') };
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
  const { job, snapshot, options } = input;
  if (job.status !== 'PENDING' && job.status !== 'QUEUED') return null;
  if (job.notBefore !== null && job.notBefore > now) {
    const last = job.history.at(-1)?.failure?.message ?? 'the last attempt failed';
    return waiting(
      'RETRY_DELAY',
      `Tried again in ${formatDuration(job.notBefore - now)}, because: ${last}`,
      job.notBefore,
    );
  }
  if (snapshot.paused)
    return waiting('SCHEDULER_PAUSED', 'The scheduler is paused; resumeScheduler lets it go on.');
  const instances = snapshot.backends.flatMap((backend) => backend.instances);
  const serving = instances.filter((instance) => options.some((option) => serves(instance, option)));
  const loading = serving.find((instance) => instance.status === 'LOADING');
  const ready = serving.filter((instance) => instance.status === 'READY');
  if (job.status === 'QUEUED' || (loading && ready.length === 0)) {
    const since = loading ? ` for ${formatDuration(now - loading.loadStartedAt)}` : '';
    const expected = loading ? expectedLoadMs(options) : null;
    const at = loading && expected !== null ? Math.max(now, loading.loadStartedAt + expected) : null;
    return waiting(
      'LOADING',
      `${job.modelName} has been loading${since}.`,
      job.status === 'QUEUED' ? at : null,
    );
  }
  const reachable = options.filter((option) =>
    snapshot.backends.some((backend) => backend.id === option.backendId && backend.available),
  );
  if (reachable.length === 0) return unavailable(input);
  if (ready.length > 0) return inQueue(input, ready, now);
  return waitsForMemory(input, reachable, now);
}

function unavailable({ job, snapshot, options, modelsKnown, awaitedOf = [] }: ExplainInput): JobWaiting {
  const unread = snapshot.backends.find(
    ({ id, unreadGpus }) => unreadGpus !== null && options.some(({ backendId }) => backendId === id),
  );
  if (unread)
    return waiting('BACKEND_DOWN', `The GPUs of ${unread.name} cannot be read yet: ${unread.unreadGpus}`);
  const down = snapshot.backends.filter((backend) => !backend.available).map((backend) => backend.name);
  if (options.length > 0 || !modelsKnown) {
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
  input: ExplainInput,
  ready: readonly { readonly config: { readonly parallel: number } }[],
  now: number,
): JobWaiting {
  const { job, snapshot, meanRunMs } = input;
  const slots = ready.reduce((sum, instance) => sum + instance.config.parallel, 0);
  const backlog = snapshot.demand.find((demand) => demand.backlog.queue === job.queue)?.backlog;
  const moreUrgent = JOB_PRIORITIES.slice(0, JOB_PRIORITIES.indexOf(job.priority));
  const own = backlog?.byPriority[job.priority];
  // Of its own priority about as many are ahead as its age has of the oldest one's.
  const span = own?.oldestCreatedAt == null ? 0 : now - own.oldestCreatedAt;
  const share = span > 0 ? 1 - Math.min(1, (now - job.createdAt) / span) : 0;
  const ahead = Math.round(
    moreUrgent.reduce((sum, priority) => sum + (backlog?.byPriority[priority].count ?? 0), 0) +
      (own?.count ?? 0) * share,
  );
  const start = meanRunMs === null ? null : now + ((ahead + 1) * meanRunMs) / Math.max(1, slots);
  const has = slots === 1 ? 'the slot' : `one of the ${slots} slots`;
  const text =
    ahead === 0
      ? `It is next for ${has} of its model.`
      : `About ${ahead} of its model's jobs come before it for ${has}.`;
  return waiting('QUEUE_ORDER', text, start, start !== null && meanRunMs !== null ? start + meanRunMs : null);
}

function waitsForMemory(
  { job, snapshot, refusedAt = null }: ExplainInput,
  options: readonly LoadOption[],
  now: number,
): JobWaiting {
  const places = options.flatMap((option) => {
    const backend = snapshot.backends.find((each) => each.id === option.backendId);
    return backend ? [{ option: asItLoads(option, [backend], now), backend }] : [];
  });
  const pairs = places.filter(({ backend }) => !backend.alwaysResident);
  if (pairs.length === 0 && places.length > 0) {
    const names = places.map(({ backend }) => backend.name).join(', ');
    return waiting(
      'MODEL_UNAVAILABLE',
      `${job.modelName} is not in memory on ${names}, where nothing can be loaded from here; it starts when whoever runs that has loaded it.`,
    );
  }
  const possible = pairs.find(({ option, backend }) => couldFit(option, backend));
  const shown = possible ?? pairs[0];
  if (!shown) return waiting('VRAM', 'No backend has room for it.');
  const { option, backend } = shown;
  const need = formatBytes(option.footprintBytes);
  const never = impossibleEverywhere(options, snapshot.backends, now);
  if (never) {
    const left = refusedAt === null ? 0 : Math.max(0, refusedAt - now);
    const when = left > 0 ? `in ${formatDuration(left)}, unless that changes` : 'now';
    return waiting('VRAM', `${never.explanation} The job fails ${when}.`);
  }
  if (!possible && !hostCouldAdmit(option, backend)) {
    return waiting(
      'VRAM',
      `Its server process does not fit into the memory of the host: ${hostNeed(option, backend)}.`,
    );
  }
  const again = misfitUntil(option);
  if (option.misfit && again > now && !fitsNow(option, backend)) {
    const room =
      option.misfit.roomBytes === null ? '' : ` although ${formatBytes(option.misfit.roomBytes)} were free`;
    return waiting(
      'VRAM',
      `Its last load ended partly on the CPU${room}, so it was let go; it is loaded again when more is free, and tried again in ${formatDuration(again - now)} otherwise.`,
    );
  }
  const failed = shortfallOf(option, backend, now);
  const said = options.find(({ backendId }) => backendId === backend.id);
  if (failed && !fitsNow(option, backend)) {
    const more = fitsEmpty(option, backend) ? 'It is tried again when more is free' : 'It is tried again';
    return waiting(
      'VRAM',
      `Its last load ran out of memory with ${formatBytes(failed.roomBytes)} free for it. ${more}, in ${formatDuration(shortfallUntil(failed) - now)} at the latest.${said ? explainedBySlots(said, backend, failed) : ''}`,
    );
  }
  if (!possible) {
    const most = Math.max(0, greatest(backend.gpus.map((gpu) => gpu.capacityBytes)));
    return waiting(
      'VRAM',
      `It needs ${need}; no GPU of ${backend.name} has more than ${formatBytes(most)} to give.`,
    );
  }
  const planned = backend.swaps.find(({ target }) => serves(target, option));
  if (planned) {
    const leaving = backend.instances.filter((instance) => planned.victims.includes(instance.id));
    return waiting('VRAM', `Room for its ${need} is being made${movements(leaving, now)}.`);
  }
  const hold = backend.loadHolds.get(option.variant.weights);
  const paused = Math.max(hold ?? 0, pausedUntil(option, backend, now));
  if (paused > now) {
    return waiting(
      'VRAM',
      `The last load of its model failed; the next one is in ${formatDuration(paused - now)}.`,
    );
  }
  const own = backend.instances.filter((instance) => serves(instance, option));
  if (own.length > 0) {
    const late = own.some(({ unloadStartedAt }) => now - (unloadStartedAt ?? now) > LATE_UNLOAD_MS);
    const how = late ? movements(own, now) : '';
    return waiting('VRAM', `Its model is on its way out of memory, and is loaded again after that${how}.`);
  }
  if (!hostAdmits(option, backend, [])) {
    return waiting(
      'VRAM',
      `The host is short of memory for another server process: ${hostNeed(option, backend)}.`,
    );
  }
  if (backend.swaps.length > 0 || backend.instances.some((instance) => instance.status === 'LOADING')) {
    return waiting(
      'VRAM',
      `${backend.name} loads ${backend.loadChannels === 1 ? 'one model' : `${backend.loadChannels} models`} at a time, and another one's turn is first.`,
    );
  }
  if (fitsNow(option, backend)) return whyNotNow(option, backend);
  const overdueAt = job.createdAt + OVERDUE_MS[job.priority];
  const text = whyNoRoom(shown, { priority: job.priority, overdueAt }, snapshot, now);
  return waiting(backend.instances.length > 0 ? 'SWAP_NOT_WORTH' : 'VRAM', text);
}

function movements(instances: readonly InstanceSnapshot[], now: number): string {
  const each = instances.map((instance) => `${instance.variant.modelName} ${movement(instance, now)}`);
  return each.length > 0 ? `: ${each.join(', ')}` : '';
}

/** There is room for it. */
function whyNotNow(option: LoadOption, { instances, admitsByItself }: BackendSnapshot): JobWaiting {
  if (!admitsByItself || instances.length === 0) return waiting('VRAM', 'Its model is about to be loaded.');
  return waiting(
    'VRAM',
    `There is room for its ${formatBytes(option.footprintBytes)}, where it would keep out a model that is more urgent. It lets that one go first, and waits for it for at most ${formatDuration(LONGEST_COURTESY_MS)} while others work.`,
  );
}

function fitsNow(option: LoadOption, backend: BackendSnapshot): boolean {
  return fitWithout(option, backend, []) !== null;
}

function hostNeed(option: LoadOption, { host, gpus }: BackendSnapshot): string {
  const need = hostBytesOf(option, host?.bytesPerInstance ?? 0, gpus);
  return `it may come to need ${formatBytes(need)}, and ${formatBytes(Math.max(0, host?.freeBytes ?? 0))} are left`;
}

function expectedLoadMs(options: readonly LoadOption[]): number | null {
  return options.length > 0 ? greatest(options.map((option) => option.loadMs)) : null;
}

function waiting(
  reason: WaitReason,
  explanation: string,
  start: number | null = null,
  end: number | null = null,
): JobWaiting {
  return {
    reason,
    explanation,
    expectedStart: start === null ? null : Math.round(start),
    expectedEnd: end === null ? null : Math.round(end),
  };
}
