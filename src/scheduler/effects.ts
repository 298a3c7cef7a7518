/**
 * Who carries out what a turn asks for: the server, the simulator and the worlds of the tests are one each. The loop waits for nothing;
 * what became of an effect comes back as an event (`handle` of the loop), in this call at the earliest and however much later.
 */
import type { Effect } from './events.ts';

/** What is to be done outside. Decisions are only told, and kept by the loop itself. */
export type Task = Exclude<Effect, { readonly type: 'decided' }>;

export type TaskOf<T extends Task['type']> = Extract<Task, { readonly type: T }>;

/** None of its methods may throw. */
export interface Effects {
  /**
   * Takes the oldest waiting jobs of each pick from the queue. Answered by one `claimed` with those that were got, also when it was none.
   * They start on the instance when it is READY. Each of them ends in one `left`, and is in the queue again if it did not end for good;
   * a job for an instance that is gone, or whose load failed, leaves without having run.
   */
  claim(task: TaskOf<'claim'>): void;
  /** Answered by one `loaded` or `load-failed`, unless the instance is forgotten before. */
  load(task: TaskOf<'load'>): void;
  /** Takes over what others loaded: jobs may be claimed for it from now on. No answer. */
  adopt(task: TaskOf<'adopt'>): void;
  /** Tries until the server has let go. Answered by one `unloaded`, unless the instance is forgotten before. */
  unload(task: TaskOf<'unload'>): void;
  /** Its load ends early, and is answered as every load is. */
  cancelLoad(task: TaskOf<'cancel-load'>): void;
  /** The instance is gone by itself. No answer but for the jobs on it, each of which leaves. */
  forget(task: TaskOf<'forget'>): void;
  /** Answered by one `observed` for all that is asked of a backend until then. */
  poke(task: TaskOf<'poke'>): void;
  /** To be learned: later answers of the resolver go by it. No answer. */
  probed(task: TaskOf<'probed'>): void;
  /** Fails waiting jobs, which leave the backlog by that. No answer. */
  refuse(task: TaskOf<'refuse'>): void;
  /** For people. No answer. */
  missing(task: TaskOf<'missing'>): void;
}

/** Hands a task to who does it. */
export function carryOut(effects: Effects, task: Task): void {
  switch (task.type) {
    case 'claim':
      effects.claim(task);
      return;
    case 'load':
      effects.load(task);
      return;
    case 'adopt':
      effects.adopt(task);
      return;
    case 'unload':
      effects.unload(task);
      return;
    case 'cancel-load':
      effects.cancelLoad(task);
      return;
    case 'forget':
      effects.forget(task);
      return;
    case 'poke':
      effects.poke(task);
      return;
    case 'probed':
      effects.probed(task);
      return;
    case 'refuse':
      effects.refuse(task);
      return;
    case 'missing':
      effects.missing(task);
      return;
    default:
      task satisfies never;
  }
}
