/** What is known of the work of jobs, by model, by kind and by client. All means are lately weighted. */
import { VersionedMap } from '../../domain/versioned-map.ts';

/** Of jobs that have something in common. */
export interface Experience {
  /** Jobs that it comes from. */
  readonly runs: number;
  /** In the slot, in milliseconds. */
  readonly runMs: number;
  /** What of that was neither reading nor writing. */
  readonly restMs: number;
  /** Of an answer. */
  readonly tokens: number;
}

/** Of a model. Null while it has not told. */
export interface Speed {
  readonly readMsPerByte: number | null;
  readonly writeMsPerToken: number | null;
}

export interface Work {
  /** By `workKey` without a client: as many as there are models. */
  readonly models: VersionedMap<string, Experience>;
  /** By `workKey` with a client. */
  readonly clients: VersionedMap<string, Experience>;
  /** By weights. */
  readonly speeds: VersionedMap<string, Speed>;
  /** What was estimated of the last jobs before they taught anything, and what they took. */
  readonly trials: readonly Trial[];
}

export interface Trial {
  readonly estimatedMs: number;
  /** Above 0. */
  readonly realMs: number;
}

export const NO_WORK: Work = {
  models: VersionedMap.of(),
  clients: VersionedMap.of(),
  speeds: VersionedMap.of(),
  trials: [],
};

/** What jobs may have in common. Absent: whatever it is. */
export interface WorkKey {
  readonly weights: string;
  readonly kind?: string | undefined;
  readonly client?: string | undefined;
}

export function workKey({ weights, kind = '', client = '' }: WorkKey): string {
  return `${weights}\0${kind}\0${client}`;
}

/** Of all jobs of the model; undefined while none has ended. */
export function meanRunMs({ models }: Work, weights: string): number | undefined {
  return models.get(workKey({ weights }))?.runMs;
}
