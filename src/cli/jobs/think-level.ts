/** How much a model is to think, as people type it. */
import type { ThinkLevel } from '../../client/generated/graphql.ts';
import { UsageError } from '../exit.ts';

const LEVELS: Readonly<Record<string, ThinkLevel>> = {
  on: 'ON',
  true: 'ON',
  off: 'OFF',
  false: 'OFF',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  max: 'MAX',
};

export function isThinkLevel(text: string): boolean {
  return Object.hasOwn(LEVELS, text.toLowerCase());
}

/** @throws UsageError */
export function thinkLevelOf(text: string): ThinkLevel {
  const level = isThinkLevel(text) ? LEVELS[text.toLowerCase()] : undefined;
  if (!level) throw new UsageError(`"${text}" says not how to think. Use on, off, low, medium, high or max.`);
  return level;
}
