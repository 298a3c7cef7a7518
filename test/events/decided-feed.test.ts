/** What a follower of decisions is told, and exactly how much it missed. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemRandom } from '../../src/clock.ts';
import {
  DECISION_KINDS,
  type Decision,
  type DecisionKind,
  MOST_DECISIONS,
} from '../../src/domain/decision.ts';
import { DecidedFeed, type DecidedFeedOptions, type DecisionNotice } from '../../src/events/decided-feed.ts';
import { EventLog } from '../../src/events/event-log.ts';
import { DecisionLog } from '../../src/scheduler/decision-log.ts';
import { newDecision } from '../support/new-decision.ts';

let log: EventLog;
let source: DecisionLog;
beforeEach(() => {
  log = new EventLog({ random: systemRandom });
  source = new DecisionLog();
});

const decide = (kind: DecisionKind, times = 1) => {
  for (let i = 0; i < times; i += 1) source.add(newDecision(kind));
  source.wrote(source.end.sequence);
};
const follow = (options: Partial<DecidedFeedOptions> = {}) =>
  new DecidedFeed({ log, source, accepts: () => true, ...options });
function told(feed: DecidedFeed): readonly DecisionNotice[] {
  const all: DecisionNotice[] = [];
  for (let next = feed.poll(); next; next = feed.poll()) all.push(next);
  return all;
}
const sequences = (notices: readonly DecisionNotice[]) => notices.map(({ decision }) => decision.sequence);
const missed = (notices: readonly DecisionNotice[]) => notices.reduce((sum, one) => sum + one.missed, 0);

describe('A follower of decisions', () => {
  test('is told the newest fifty of its kinds, then each that is on disk, and leaves nothing behind', async () => {
    decide('LOAD', 60);
    decide('DISPATCH', 60);
    const feed = follow({ kinds: ['LOAD'] });
    expect(sequences(told(feed))).toEqual(Array.from({ length: 50 }, (_, i) => 11 + i));
    const next = feed.next();
    source.add(newDecision('LOAD'));
    expect(feed.isCaughtUp).toBe(true);
    source.wrote(121);
    expect((await next).value).toMatchObject({ missed: 0, decision: { sequence: 121 } });
    await feed.return();
    const last = follow();
    log.end();
    told(last);
    expect(await last.next()).toEqual({ done: true, value: undefined });
  });

  test('goes on after its cursor, over a restart, and is told how many of its kinds were forgotten meanwhile', () => {
    decide('LOAD', 2);
    const cursor = told(follow()).at(-1)?.cursor ?? '';
    decide('DISPATCH', MOST_DECISIONS.dispatches + 700);
    decide('LOAD', 3);
    const restarted = new DecisionLog();
    restarted.restore({ decisions: source.all(), end: source.end });
    for (const from of [source, restarted]) {
      const all = told(follow({ source: from, after: cursor }));
      expect(all).toHaveLength(MOST_DECISIONS.dispatches + 3);
      expect(all[0]).toMatchObject({ missed: 700, decision: { kind: 'DISPATCH', ofKind: 701 } });
      expect(missed(all)).toBe(700);
      expect(missed(told(follow({ source: from, after: cursor, kinds: ['LOAD'] })))).toBe(0);
    }
  });

  test.each([
    ['of another data directory', () => 'AAAAAAAA.d.1.0-0-0-0-0-0-1-0-0'],
    ['that is none', () => 'no-cursor'],
    ['ahead of all there is', () => `${log.history}.d.zz.0-0-0-0-0-0-1-0-0`],
  ])('begins anew with a cursor %s', (_what, cursor) => {
    decide('LOAD', 3);
    expect(sequences(told(follow({ after: cursor() })))).toEqual([1, 2, 3]);
  });

  test('has been told or told of every decision of its kinds, whenever it reads and resumes', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom(...DECISION_KINDS), times: fc.integer({ min: 1, max: 1_500 }) }),
      fc.constantFrom('read', 'resume'),
    );
    const kinds = fc.subarray([...DECISION_KINDS], { minLength: 1 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), kinds, (steps, followed) => {
        source = new DecisionLog();
        let feed = follow({ kinds: followed });
        let cursor: string | undefined;
        const seen: Decision[] = [];
        let lost = 0;
        const read = () => {
          for (const notice of told(feed)) {
            seen.push(notice.decision);
            lost += notice.missed;
            ({ cursor } = notice);
          }
        };
        for (const one of steps) {
          if (one === 'read') read();
          else if (one === 'resume') {
            if (cursor !== undefined) feed = follow({ kinds: followed, after: cursor });
          } else if (typeof one === 'object') decide(one.kind, one.times);
        }
        // What was forgotten is told with the next of its kind.
        for (const kind of followed) decide(kind);
        read();
        const all = followed.reduce((sum, kind) => sum + source.end.counts[kind], 0);
        expect(seen.length + lost).toBe(all);
        expect(new Set(seen).size).toBe(seen.length);
      }),
      { numRuns: 40 },
    );
  });
});
