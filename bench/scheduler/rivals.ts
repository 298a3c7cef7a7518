/** Who is compared. The evicting baselines are at their best on a managed server, where what fits is loaded. */
import {
  ollama,
  POLICIES,
  type PolicyName,
  type ServerKind,
  USUAL_OLLAMA,
} from '../../src/simulator/index.ts';
import type { Rival } from './cells.ts';

const managed = (name: PolicyName): Rival => ({ name, policy: POLICIES[name], server: 'managed' });

export const OLLAMA: Rival = { name: 'ollama', policy: POLICIES.ollama, server: 'attached' };
export const LRU = managed('fifo-lru');
export const KNAPSACK = managed('knapsack');
export const CLAIRVOYANT = managed('clairvoyant');
export const OURS = managed('vramkeeper');
export const OURS_ATTACHED: Rival = { name: 'vramkeeper', policy: POLICIES.vramkeeper, server: 'attached' };

const endless = { ...USUAL_OLLAMA, keepAliveMs: Number.POSITIVE_INFINITY };

const OLLAMAS: readonly Rival[] = [
  OLLAMA,
  { name: 'ollama, endless keep-alive', policy: ollama(endless), server: 'attached' },
  { name: 'ollama, cards read', policy: ollama({ ...USUAL_OLLAMA, belief: 'true' }), server: 'attached' },
];

/** Everybody who knows no more than we do, on a server of this kind; Ollama itself is there on both. */
export function baselines(server: ServerKind): readonly Rival[] {
  const names = ['fifo-lru', 'knapsack', 'gdsf', 'round-robin', 'single'] as const;
  return [...OLLAMAS, ...names.map((name) => ({ name, policy: POLICIES[name], server }))];
}
