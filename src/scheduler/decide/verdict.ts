/** What a queue waits for by a plan, with what decided it. The words for it are found in explain/, which judges nothing again. */
import type { QueueBacklog } from '../../domain/backlog.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import type { BackendSnapshot, InstanceSnapshot } from './snapshot.ts';

/** What keeps an option out. */
export type Obstacle =
  /** The server holds no more models at once. */
  | 'COUNT'
  /** The host has no memory for another process. */
  | 'HOST'
  /** The cards have too little left. */
  | 'MEMORY'
  /** The server would not believe that it fits. */
  | 'BELIEF';

/** How a resident stands to making room: the first three do, in this order. */
export type Stance =
  | 'IDLE'
  /** Another backend serves its jobs as well. */
  | 'SPARE'
  /** It has work, and gives way to one that waited for too long. */
  | 'FORCED'
  /** It has work, and who waits comes before it: it is more urgent, or its client has received less. */
  | 'OUTRANKED'
  | 'HAS_WORK'
  /** Nothing waits for it, but it runs a job that is as urgent. */
  | 'RUNNING'
  /** The last of its jobs was more urgent, and not long ago. */
  | 'MORE_URGENT'
  | 'JUST_LOADED'
  | 'PINNED'
  /** It loads, or is on its way out. */
  | 'MOVING';

/** Of a plan. */
export interface Verdicts {
  /** Null where nothing of it waits by the snapshot. */
  of(queue: QueueKey): Verdict | null;
}

/** An instance as the plan leaves it. */
export type Resident = Pick<
  InstanceSnapshot,
  'variant' | 'footprint' | 'status' | 'activeJobs' | 'loadStartedAt' | 'unloadStartedAt' | 'nameless'
>;

/** Where the queue's model would be loaded first. */
type Place = Pick<BackendSnapshot, 'name' | 'maxLoadedModels' | 'oneInstancePerWeights' | 'loadChannels'>;

export interface NoRoom {
  readonly kind: 'NO_ROOM';
  readonly place: Place;
  readonly obstacle: Obstacle | null;
  readonly needBytes: number;
  readonly freeBytes: number;
  /** Who is there, and how each stands to making room. */
  readonly residents: readonly { readonly resident: Resident; readonly stance: Stance }[];
  /** When residents with work have to give way; null where they do already, and where none could. */
  readonly until: number | null;
}

export type Verdict =
  /** Nothing is started. */
  | { readonly kind: 'PAUSED'; readonly until: null }
  /** An instance for it loads; `until`: when it should be there. */
  | { readonly kind: 'LOADING'; readonly since: number; readonly until: number }
  /** Instances serve it; its jobs wait for one of so many slots. */
  | { readonly kind: 'TURN'; readonly slots: number; readonly backlog: QueueBacklog; readonly until: null }
  /** No backend where it could be answers. */
  | {
      readonly kind: 'UNREACHABLE';
      /** The first whose server answers, and whose GPUs nobody has read. */
      readonly unread: { readonly name: string; readonly why: string } | null;
      readonly down: readonly string[];
      /** Any backend has its model. */
      readonly isKnown: boolean;
      readonly until: null;
    }
  /** Nothing can be loaded where it could be. */
  | { readonly kind: 'NOT_RESIDENT'; readonly names: readonly string[]; readonly until: null }
  /** It can be loaded nowhere, whoever leaves. */
  | { readonly kind: 'IMPOSSIBLE'; readonly explanation: string; readonly until: null }
  /** The host could not hold a process for it, even with every other one gone. */
  | {
      readonly kind: 'HOST_TOO_SMALL' | 'HOST_SHORT';
      readonly needBytes: number;
      readonly freeBytes: number;
      readonly until: null;
    }
  /** Its last load went to the CPU in part: it needs more than it had, until then. */
  | { readonly kind: 'SPILLED'; readonly roomBytes: number | null; readonly until: number }
  /** Its last load ran out of memory: it needs more than it had, until then. */
  | {
      readonly kind: 'RAN_OUT';
      readonly roomBytes: number;
      readonly fitsEmpty: boolean;
      /** What the number of slots has to do with it; empty where nothing. */
      readonly advice: string;
      readonly until: number;
    }
  /** No card can give so much beside other programs. */
  | {
      readonly kind: 'TOO_LARGE_NOW';
      readonly place: Place;
      readonly needBytes: number;
      readonly mostBytes: number;
      readonly until: null;
    }
  /** These leave for it. */
  | {
      readonly kind: 'MAKING_ROOM';
      readonly needBytes: number;
      readonly leaving: readonly Resident[];
      readonly until: null;
    }
  /** Its last load failed, and is tried again then. */
  | { readonly kind: 'HELD'; readonly until: number }
  /** Its own instances are on their way out. */
  | { readonly kind: 'LEAVING'; readonly own: readonly Resident[]; readonly until: null }
  /** Other loads come first. */
  | { readonly kind: 'CHANNELS'; readonly place: Place; readonly until: null }
  /** It lets a more urgent model go first; `until`: Infinity while residents leave for that one. */
  | {
      readonly kind: 'COURTESY';
      readonly needBytes: number;
      /** There is room for it now. */
      readonly fits: boolean;
      readonly until: number;
    }
  /** There is room for it, and its load begins as soon as what comes together is there. */
  | { readonly kind: 'ABOUT_TO_LOAD'; readonly until: number | null }
  | NoRoom;

/** Why the plan has not loaded something for which it could have been loaded: taken down where that is decided. */
export type Refusal =
  | { readonly kind: 'GATHERING' | 'COURTESY'; readonly until: number }
  | { readonly kind: 'CHANNELS' }
  | {
      readonly kind: 'NO_ROOM';
      /** With what the plan had decided until then counted as taken. */
      readonly backend: BackendSnapshot;
      readonly stances: ReadonlyMap<Stance, readonly InstanceSnapshot[]>;
      /** When residents with work have to give way for it, epoch milliseconds. */
      readonly forcedAt: number;
    };
