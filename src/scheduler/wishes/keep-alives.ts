/**
 * Keep-alives that requests ask for: how long an idle instance stays beyond what the configuration says. The longest one counts, so that one
 * client's five minutes do not undo another's "for ever". It protects nothing from eviction, and ends when the model has gone from memory.
 */
import type { Instance } from '../../domain/instance.ts';

export interface KeepAlive {
  /** Null: for ever. */
  readonly keepAliveMs: number | null;
  /** It has been in memory since, so that it is over when nothing of it is there any more. */
  readonly held: boolean;
}

/** By weights. */
export type KeepAlives = ReadonlyMap<string, KeepAlive>;

/** @param other undefined: nobody asked */
export function longerKeepAlive(one: number | null, other: number | null | undefined): number | null {
  if (one === null || other === null) return null;
  return Math.max(one, other ?? 0);
}

export function withKeepAlive(before: KeepAlives, weights: string, keepAliveMs: number | null): KeepAlives {
  const known = before.get(weights);
  const longer = {
    keepAliveMs: longerKeepAlive(keepAliveMs, known?.keepAliveMs),
    held: known?.held ?? false,
  };
  return new Map(before).set(weights, longer);
}

/** Without those whose model has gone from memory; the same map where nothing has changed. */
export function presentKeepAlives(
  before: KeepAlives,
  instances: ReadonlyMap<unknown, Pick<Instance, 'variant'>>,
): KeepAlives {
  if (before.size === 0) return before;
  const present = new Set([...instances.values()].map(({ variant }) => variant.weights));
  const isStale = ([weights, { held }]: readonly [string, KeepAlive]) => held !== present.has(weights);
  if (![...before].some(isStale)) return before;
  return new Map(
    [...before].flatMap(([weights, keepAlive]) =>
      keepAlive.held && !present.has(weights)
        ? []
        : [[weights, { ...keepAlive, held: present.has(weights) }] as const],
    ),
  );
}
