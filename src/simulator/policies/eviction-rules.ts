/** What the evicting baselines have in common: they serve first come, first served, load one model at a time, and differ in who goes. */
import type { ServerRules } from '../server/rules.ts';
import type { Stage } from './contender.ts';

type OwnRules = Pick<ServerRules, 'victims' | 'used'>;

/**
 * A managed server has its own ledger to go by, and is given what fits. An attached one goes by its beliefs, and by its own share of what
 * it believes to be free.
 */
export function evictionRules({ server }: Pick<Stage, 'server'>, own: OwnRules): ServerRules {
  return {
    mostLoaded: Number.POSITIVE_INFINITY,
    keepAliveMs: Number.POSITIVE_INFINITY,
    ...(server === 'attached'
      ? { belief: 'frozen', admissibleShare: 0.8 }
      : { belief: 'true', admissibleShare: 1 }),
    servesVictims: false,
    ...own,
  };
}
