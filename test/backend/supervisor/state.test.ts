import { expect, test } from 'vitest';
import {
  nextProcessState,
  type ProcessEvent,
  type ProcessState,
} from '../../../src/backend/supervisor/state.ts';

const STATES: readonly ProcessState[] = ['STARTING', 'READY', 'STOPPING', 'SWEEPING', 'EXITED'];
const EVENTS: readonly ProcessEvent[] = ['answer', 'stop', 'die', 'clear'];

test('every way leads to EXITED, none goes back, and a pair without a way names both', () => {
  const ways = STATES.flatMap((from) =>
    EVENTS.flatMap((event) => {
      try {
        return [`${from} ${event} ${nextProcessState(from, event)}`];
      } catch (error) {
        expect(String(error)).toContain(`${from} cannot take ${event}`);
        return [];
      }
    }),
  );
  expect(ways).toEqual([
    'STARTING answer READY',
    'STARTING stop STOPPING',
    'STARTING die SWEEPING',
    'READY stop STOPPING',
    'READY die SWEEPING',
    'STOPPING die SWEEPING',
    'SWEEPING clear EXITED',
  ]);
});
