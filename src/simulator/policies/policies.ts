/** Every policy by its name on the command line. */
import { clairvoyant } from './clairvoyant.ts';
import type { ContenderFactory } from './contender.ts';
import { fifoLru } from './fifo-lru.ts';
import { gdsf } from './gdsf.ts';
import { knapsack } from './knapsack.ts';
import { ollama, USUAL_OLLAMA } from './ollama.ts';
import { roundRobin } from './round-robin.ts';
import { single } from './single.ts';
import { vramkeeper } from './vramkeeper.ts';

export const POLICIES = {
  vramkeeper: vramkeeper(),
  ollama: ollama(USUAL_OLLAMA),
  'fifo-lru': fifoLru,
  knapsack,
  gdsf,
  'round-robin': roundRobin,
  single,
  clairvoyant,
} as const satisfies Readonly<Record<string, ContenderFactory>>;

export type PolicyName = keyof typeof POLICIES;

export const POLICY_NAMES = Object.keys(POLICIES) as readonly PolicyName[];

export function isPolicyName(text: string): text is PolicyName {
  return Object.hasOwn(POLICIES, text);
}
