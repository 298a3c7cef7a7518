/** The one table of a supervised process's states. */
import { IllegalTransitionError } from '../../domain/errors.ts';

export type ProcessState =
  /** Runs, and is not ready yet. */
  | 'STARTING'
  /** Answered its probe on a port that is its own. */
  | 'READY'
  /** Was told to end. */
  | 'STOPPING'
  /** Its first process is dead; what is left of its group is being ended. */
  | 'SWEEPING'
  /** Nothing of it is left but zombies. */
  | 'EXITED';

export type ProcessEvent = 'answer' | 'stop' | 'die' | 'clear';

/** from → event → to. A pair that is not here is illegal. */
const TRANSITIONS: Readonly<Record<ProcessState, Readonly<Partial<Record<ProcessEvent, ProcessState>>>>> = {
  STARTING: { answer: 'READY', stop: 'STOPPING', die: 'SWEEPING' },
  READY: { stop: 'STOPPING', die: 'SWEEPING' },
  STOPPING: { die: 'SWEEPING' },
  SWEEPING: { clear: 'EXITED' },
  EXITED: {},
};

/** @throws IllegalTransitionError where the table has none. */
export function nextProcessState(from: ProcessState, event: ProcessEvent): ProcessState {
  const to = TRANSITIONS[from][event];
  if (!to) throw new IllegalTransitionError('A supervised process', from, event);
  return to;
}
