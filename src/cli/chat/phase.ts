/**
 * What a conversation is doing, as a table. A person types (READING, or BLOCK within `"""`); then the job waits (WAITING) until its first
 * text, and the text grows (ANSWERING). Ctrl-C ends the job (STOPPING) and what came is kept; a second one leaves. Pure.
 */
export type Phase = 'READING' | 'BLOCK' | 'WAITING' | 'ANSWERING' | 'STOPPING' | 'LEFT';

export type Happening =
  | 'BLOCK_OPENED'
  | 'BLOCK_CLOSED'
  | 'ASKED'
  | 'TEXT_CAME'
  | 'ANSWER_ENDED'
  | 'INTERRUPTED'
  | 'INPUT_ENDED'
  | 'SAID_BYE';

/** What is to be done about it, besides being in the next phase. */
export type Effect = 'NOTHING' | 'SAY_HOW_TO_LEAVE' | 'DROP_BLOCK' | 'CANCEL_JOB';

interface Step {
  readonly to: Phase;
  readonly effect: Effect;
}

const to = (phase: Phase, effect: Effect = 'NOTHING'): Step => ({ to: phase, effect });

/** Input that ends while a job runs is looked at after it: a file of questions is answered to its end. */
const BUSY = { ANSWER_ENDED: to('READING'), TEXT_CAME: to('ANSWERING') } as const;

const TABLE: Readonly<Record<Phase, Partial<Readonly<Record<Happening, Step>>>>> = {
  READING: {
    BLOCK_OPENED: to('BLOCK'),
    ASKED: to('WAITING'),
    INTERRUPTED: to('READING', 'SAY_HOW_TO_LEAVE'),
    INPUT_ENDED: to('LEFT'),
    SAID_BYE: to('LEFT'),
  },
  BLOCK: {
    BLOCK_CLOSED: to('READING'),
    INTERRUPTED: to('READING', 'DROP_BLOCK'),
    INPUT_ENDED: to('LEFT'),
  },
  WAITING: { ...BUSY, INTERRUPTED: to('STOPPING', 'CANCEL_JOB') },
  ANSWERING: { ...BUSY, INTERRUPTED: to('STOPPING', 'CANCEL_JOB') },
  // Text may be on its way still.
  STOPPING: { ANSWER_ENDED: to('READING'), TEXT_CAME: to('STOPPING'), INTERRUPTED: to('LEFT') },
  LEFT: { ANSWER_ENDED: to('LEFT'), TEXT_CAME: to('LEFT'), INTERRUPTED: to('LEFT') },
};

/** @throws RangeError where that cannot happen then */
export function next(phase: Phase, happening: Happening): Step {
  const step = TABLE[phase][happening];
  if (!step) throw new RangeError(`A conversation that is ${phase} takes no ${happening}.`);
  return step;
}
