/** When models were asked for (decide/visits.ts). */
import { visited } from '../decide/visits.ts';
import type { SchedulerState } from '../state.ts';
import { withUsed } from './lately-used.ts';

/** Models whose visits are remembered. */
const MOST_VISITED = 4_096;

/** @param at when the visit began, epoch milliseconds */
export function withVisit(state: SchedulerState, weights: string, at: number): SchedulerState {
  const visits = withUsed(state.visits, weights, visited(state.visits.get(weights), at), MOST_VISITED);
  return { ...state, visits };
}
