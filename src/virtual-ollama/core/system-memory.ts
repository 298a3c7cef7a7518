import { OllamaError } from '../../ollama-api/errors.ts';
import { MIB } from '../settings.ts';
import type { Admission } from './admission.ts';
import type { CatalogModel } from './catalog.ts';
import type { EngineWorld } from './engine.ts';
import { CLASSIC_RESERVE_BYTES } from './footprint.ts';
import type { Runner } from './runner.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** 10952166604 → "10.2 GiB". */
export function humanBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${UNITS[unit]}`;
}

/**
 * The classic regime's look at system memory: what does not fit on the cards must fit in RAM; it evicts for it,
 * and refuses when nobody is left to evict. The newer regime does not look.
 */
export function systemMemoryRefusal(
  pending: {
    readonly model: CatalogModel;
    readonly options: { readonly runner: { readonly numGpu: number } };
  },
  admission: Admission,
  runners: readonly Runner[],
  world: EngineWorld,
): OllamaError | 'evict' | undefined {
  const { regime, ramBytes } = world.settings;
  if (regime !== 'classic' || ramBytes === undefined) return undefined;
  const usedBytes = runners.reduce((sum, { engine }) => sum + engine.totalBytes - engine.vramBytes, 0);
  const freeBytes = Math.max(0, ramBytes - usedBytes);
  const onCards =
    pending.options.runner.numGpu === 0
      ? 0
      : admission.cards.reduce((sum, card) => sum + Math.max(0, card.freeBytes - CLASSIC_RESERVE_BYTES), 0);
  const neededBytes = Math.max(0, admission.predictedBytes - onCards);
  if (neededBytes <= freeBytes || neededBytes < MIB) return undefined;
  if (runners.length > 0) return 'evict';
  return new OllamaError(
    500,
    `model requires more system memory (${humanBytes(neededBytes)}) than is available (${humanBytes(freeBytes)})`,
  );
}
