/**
 * Who hears running jobs record by record, in the tick in which each record came. Nothing is kept: a listener that comes late has missed
 * what was said before.
 */
import type { JsonObject } from '../domain/json.ts';

export interface LiveListener {
  /** A run of the job begins, as the attempt `number`. What was heard of an earlier one is void. */
  attempt?(number: number): void;
  /** The prompt of this run is cut. Told before the first record. */
  cut?(): void;
  /**
   * Answers whether something was passed on to somebody who cannot forget it, now or before. Such a job is not tried again: nobody would
   * want the second text after half of the first. Must not wait.
   * @param raw the backend's record as it came; the last one of a whole answer has `done: true`.
   */
  record(raw: JsonObject, attempt: number): boolean;
}

/** Told of a listener that threw. It hears no more. */
export type ListenerFailed = (jobId: string, error: unknown) => void;

/** More than one is rare; so many are a mistake. */
const MOST_OF_ONE_JOB = 8;

interface Ear {
  readonly listener: LiveListener;
  hasPassedOn: boolean;
}

export class LiveListeners {
  readonly #ears = new Map<string, readonly Ear[]>();
  readonly #failed: ListenerFailed;

  constructor(failed: ListenerFailed) {
    this.#failed = failed;
  }

  /** Answers how to end it, which may be called again and again. */
  listen(jobId: string, listener: LiveListener): () => void {
    const present = this.#ears.get(jobId) ?? [];
    if (present.length >= MOST_OF_ONE_JOB)
      throw new Error(`${jobId} has ${MOST_OF_ONE_JOB} listeners already.`);
    const ear = { listener, hasPassedOn: false };
    this.#ears.set(jobId, [...present, ear]);
    return () => this.#drop(jobId, ear);
  }

  begun(jobId: string, attempt: number): void {
    for (const ear of this.#ears.get(jobId) ?? [])
      this.#guarded(jobId, ear, () => ear.listener.attempt?.(attempt));
  }

  cut(jobId: string): void {
    for (const ear of this.#ears.get(jobId) ?? []) this.#guarded(jobId, ear, () => ear.listener.cut?.());
  }

  record(jobId: string, raw: JsonObject, attempt: number): void {
    for (const ear of this.#ears.get(jobId) ?? [])
      this.#guarded(jobId, ear, () => {
        if (ear.listener.record(raw, attempt)) ear.hasPassedOn = true;
      });
  }

  /** Whether one that still listens has passed something on. */
  hasPassedOn(jobId: string): boolean {
    return this.#ears.get(jobId)?.some((ear) => ear.hasPassedOn) ?? false;
  }

  /** The job has ended. */
  close(jobId: string): void {
    this.#ears.delete(jobId);
  }

  /** Jobs that somebody listens to. */
  get size(): number {
    return this.#ears.size;
  }

  #drop(jobId: string, ear: Ear): void {
    const left = this.#ears.get(jobId)?.filter((other) => other !== ear) ?? [];
    if (left.length > 0) this.#ears.set(jobId, left);
    else this.#ears.delete(jobId);
  }

  /** What a listener does wrong is its own affair: the run goes on, and so do the others. */
  #guarded(jobId: string, ear: Ear, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#drop(jobId, ear);
      this.#failed(jobId, error);
    }
  }
}
