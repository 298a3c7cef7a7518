/** What a server makes of a load that the ledger has room for. Only here it is asked whether it judges by itself. */
import { UNLOAD_STALL_MS } from '../constants.ts';
import type { BackendSnapshot, GpuSnapshot, InstanceSnapshot, LoadOption } from '../snapshot.ts';
import { type MemoryRecord, serverAdmits, serverTakesWhole } from './belief.ts';
import { evictedByServer } from './nameless.ts';

export interface Admission {
  /** Whether it would put all of it onto this card. @param cards that it has */
  takesWhole(
    predictedBytes: number,
    gpu: Pick<GpuSnapshot, 'id' | 'totalBytes' | 'freeBytes'>,
    cards: number,
    staying: readonly MemoryRecord[],
  ): boolean;
  /** Whether it would put this part of it onto this card. */
  takesPart(
    predictedBytes: number,
    gpu: Pick<GpuSnapshot, 'id' | 'totalBytes'>,
    staying: readonly MemoryRecord[],
  ): boolean;
  /** Whom it evicts by itself for the load once `leaving` are gone, where it fits by that. @param fits whether it fits when these are gone */
  evicts(
    option: LoadOption,
    backend: BackendSnapshot,
    leaving: readonly InstanceSnapshot[],
    fits: (gone: readonly InstanceSnapshot[]) => boolean,
  ): readonly InstanceSnapshot[];
  /** What so many unloads cost beside the loads that bring the models back, in milliseconds. */
  unloadsMs(count: number): number;
}

/** An Ollama that others run: it goes by frozen records (belief.ts), and one large victim is worth several small ones. */
const FROZEN_RECORDS: Admission = {
  takesWhole: serverTakesWhole,
  takesPart: serverAdmits,
  evicts: evictedByServer,
  unloadsMs: (count) => (count - 1) * UNLOAD_STALL_MS,
};

/** Processes of our own: the ledger alone decides. */
const LEDGER_ALONE: Admission = {
  takesWhole: () => true,
  takesPart: () => true,
  evicts: () => [],
  unloadsMs: () => 0,
};

export function admissionOf({ admitsByItself }: Pick<BackendSnapshot, 'admitsByItself'>): Admission {
  return admitsByItself ? FROZEN_RECORDS : LEDGER_ALONE;
}
