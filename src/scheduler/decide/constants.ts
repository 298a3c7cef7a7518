/** Every number of the policy, with its unit and where it comes from. "Chosen" is a judgement that no measurement forces. */
import type { JobPriority } from '../../domain/job.ts';

/** Weight of a job that has just arrived. Chosen: eight LOW jobs are worth one HIGH one. */
export const WEIGHT: Readonly<Record<JobPriority, number>> = { HIGH: 8, NORMAL: 3, LOW: 1 };
/** Waiting for so long doubles the weight, in milliseconds. Chosen, beside the times after which a job is overdue. */
export const DOUBLING_MS: Readonly<Record<JobPriority, number>> = {
  HIGH: 10_000,
  NORMAL: 60_000,
  LOW: 300_000,
};
/** A job that has waited for longer may push out a resident that has work of its own, in milliseconds. Chosen. */
export const OVERDUE_MS: Readonly<Record<JobPriority, number>> = {
  HIGH: 30_000,
  NORMAL: 180_000,
  LOW: 900_000,
};
/** A wish weighs as much as a HIGH job that has just arrived. Chosen: a person waits. */
export const WISH_WEIGHT = WEIGHT.HIGH;

/**
 * Share of the time that may go to loads which residents with work had to give way for: the others have nineteen times as much. Simulated: with
 * a fifth, a backlog of 400 jobs for 12 models takes 1.26 times the least time, with a twentieth 1.11.
 */
export const FORCED_SHARE = 0.05;
/** So many seconds of such loads may come at once after a quiet time. Simulated: 120 s give back half of what the smaller share has gained. */
export const FORCED_BURST_SECONDS = 20;
/** Share of an instance's slots, and of their time, that overdue jobs may take before their turn. Simulated. */
export const OVERDUE_SLOT_SHARE = 0.2;
/** A resident with work serves for so many times its load before it gives way: what was loaded is used. Simulated. */
export const LEAST_SERVICE_LOADS = 4;
/** Overdue jobs earn no more than this by the work of others, in milliseconds of slots. Chosen. */
export const MOST_OVERDUE_CREDIT_MS = 10_000;
/**
 * Share of the time, and seconds at once, that may go to loads which residents had to give way for although their jobs are as urgent: their clients have
 * received more. Simulated, under a flood: with a tenth the light clients wait 0.81 times as long as with none, and the mean of all is 1.09 times that; with
 * a fifth 0.77 and 1.19 times.
 */
export const FAIR_SHARE = 0.1;
export const FAIR_BURST_SECONDS = 30;
/** A client leads another one when it has received less by so many times what the swap and the way back take of all slots. Simulated: with 1 agents that take turns pay for it. */
export const LEAD_SWAPS = 4;
/** A queue is cut off for one that comes before it when it would last for so many times the swap and the way back. Simulated: with 0 mixed priorities under saturation wait 1.27 times as long, with 3 1.03 times. */
export const WORTH_CUTTING_SWAPS = 3;
/** Then what was loaded has served for so many times its load. Simulated. */
export const LEAST_SERVICE_LOADS_AHEAD = 1;
/** A job is charged this much service, in seconds, until what it really took is known. Chosen. */
export const EXPECTED_SERVICE_SECONDS = 1;

/** A victim must have been ready for so long, in milliseconds: an instance that was just loaded serves at least its first jobs. Chosen. */
export const YOUNGEST_VICTIM_MS = 1_000;
/** Weight of the newest time between two visits in its mean. Chosen. */
export const NEWEST_VISIT = 0.3;
/** Up to so many willing residents every set of victims is tried; beyond, they are taken in order. 2^8 sets take a tenth of a millisecond. */
export const EXACT_UP_TO = 8;
/** A backlog is worth another instance when the slots that serve it need so many times the load of one for it. Simulated. */
export const REPLICA_LOADS = 2.5;

/** A load has taken suspiciously long after so many times its estimate, and not before so many milliseconds. Chosen. */
export const STUCK_FACTOR = 3;
export const LEAST_STUCK_MS = 15_000;
/** A card must have been overdrawn by other programs for so long before instances leave for them, in milliseconds. Chosen: programs come and go. */
export const FOREIGN_PATIENCE_MS = 10_000;

/** Ollama admits a further model when it predicts at most this share of what it believes to be free. Of its source, v0.33. */
export const ADMITTED_SHARE = 0.8;
/**
 * After an unload with others resident Ollama handles nothing else until the memory is back, which it mostly does not see, and so for so long
 * at most, in milliseconds. Of its source, and measured on v0.33: k residents, (k−1)/k of the cases.
 */
export const UNLOAD_STALL_MS = 5_000;
/** Jobs that come together are submitted one by one: so long after the first of them it is known what they want, in milliseconds. Chosen. */
export const GATHERING_MS = 150;
/** A load that would be in the way of the most urgent model waits at most for so long while residents work: as long as four unloads stall. */
export const LONGEST_COURTESY_MS = 4 * UNLOAD_STALL_MS;
/** So many more models have to find room for idle residents to leave as well: for one it is cheaper to wait for its turn. Simulated. */
export const LEAST_GAIN = 2;

/** Shapes that ran out of memory and are remembered on one backend; the longest unseen are forgotten. Chosen. */
export const MOST_SHORTFALLS = 1_000;
/** Between a load that ran out of memory and the next one, in milliseconds; doubles with each in a row. Chosen. */
export const FIRST_PAUSE_MS = 1_000;
export const LONGEST_PAUSE_MS = 30_000;
/** For so long it needs more room than it had, in milliseconds; grows by the factor with each in a row. Chosen. */
export const FIRST_PATIENCE_MS = 5_000;
export const PATIENCE_GROWTH = 3;
export const LONGEST_PATIENCE_MS = 3_600_000;
/** Share of the cards. A desktop, or another small program, holds the rest for good. Chosen. */
export const NEARLY_ALL = 0.85;
/** So many shortfalls in a row with nearly all memory, over more than three minutes, are no accident. Chosen. */
export const ENOUGH_WITH_ALL = 5;
/** With less than all of the memory, or where it was measured to fit, other programs are the likelier reason. Chosen. */
export const ENOUGH_ANYHOW = 8;
/** After a load that went to the CPU in part, in milliseconds; doubles with each in a row, up to the longest patience. Chosen. */
export const FIRST_MISFIT_PATIENCE_MS = 60_000;
/** So many of them in a row, over more than half an hour, are no accident. Chosen. */
export const ENOUGH_MISFITS = 6;
/** Share of the cards that the settings keep from instances: where it is more, people are told. Chosen. */
export const MUCH_KEPT = 0.2;
