/** What the scheduler has learned of the work of models, kept over restarts. What it knows of single clients it learns again: who asks chooses their names. */
import { z } from 'zod';
import type { Clock, Timer } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Store } from '../../domain/store.ts';
import { VersionedMap } from '../../domain/versioned-map.ts';
import type { SchedulerLoop } from '../../scheduler/loop.ts';
import { type Experience, NO_WORK, type Speed, type Work } from '../../scheduler/runs/work.ts';
import type { SchedulerState } from '../../scheduler/state.ts';
import type { Logger } from '../../telemetry/logger.ts';

const EXPERIENCE_SPACE = 'work';
const SPEED_SPACE = 'work-speed';
/** Between two writes: each finished job changes it, and what is lost by a crash is learned again. */
const PAUSE_MS = 30_000;

const amount = z.number().nonnegative();
const experience = z.object({ runs: amount, runMs: amount, restMs: amount, tokens: amount });
const speed = z.object({ readMsPerByte: amount.nullable(), writeMsPerToken: amount.nullable() });

export interface LearnedWorkParts {
  readonly loop: Pick<SchedulerLoop, 'handle' | 'state'>;
  readonly store: Pick<Store, 'remember' | 'recall'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

export class LearnedWork {
  readonly #parts: LearnedWorkParts;
  #kept: Work = NO_WORK;
  #timer: Timer | null = null;

  constructor(parts: LearnedWorkParts) {
    this.#parts = parts;
  }

  /** Recalls it. To be called before the loop decides anything. Entries that another version wrote otherwise are learned anew. */
  async start(): Promise<void> {
    const { store } = this.#parts;
    const models = readable(await store.recall(EXPERIENCE_SPACE), experience);
    const speeds = readable(await store.recall(SPEED_SPACE), speed);
    this.#kept = { ...NO_WORK, models: VersionedMap.of(models), speeds: VersionedMap.of(speeds) };
  }

  /** Tells what was recalled. To be called in the tick in which the loop starts. */
  apply(): void {
    const { models, speeds } = this.#kept;
    this.#parts.loop.handle({ type: 'recalled', work: { models, speeds } });
  }

  stateChanged({ work }: SchedulerState): void {
    if (this.#timer || work.models === this.#kept.models) return;
    this.#timer = this.#parts.clock.after(PAUSE_MS, () => {
      this.#timer = null;
      void this.#keep();
    });
  }

  /** Writes what was not written yet. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#keep();
  }

  async #keep(): Promise<void> {
    const { store, loop, logger } = this.#parts;
    const { work } = loop.state;
    const before = this.#kept;
    this.#kept = work;
    try {
      await Promise.all([
        ...changed<Experience>(work.models, before.models).map(([key, value]) =>
          store.remember(EXPERIENCE_SPACE, key, { ...value }),
        ),
        ...changed<Speed>(work.speeds, before.speeds).map(([key, value]) =>
          store.remember(SPEED_SPACE, key, { ...value }),
        ),
      ]);
    } catch (error) {
      logger.warn(`What was learned of the work of jobs could not be stored: ${messageOf(error)}`);
    }
  }
}

function changed<V>(
  now: VersionedMap<string, V>,
  before: VersionedMap<string, V>,
): readonly (readonly [string, V])[] {
  const keys = now.changesSince(before)?.keys();
  if (!keys) return [...now.entries()];
  return [...keys].flatMap((key) => {
    const value = now.get(key);
    return value === undefined ? [] : [[key, value] as const];
  });
}

function readable<V>(
  stored: ReadonlyMap<string, unknown>,
  schema: z.ZodType<V>,
): readonly (readonly [string, V])[] {
  return [...stored].flatMap(([key, value]) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? [[key, parsed.data] as const] : [];
  });
}
