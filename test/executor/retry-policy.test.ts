import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { PromptTooLongError } from '../../src/domain/context-errors.ts';
import { BackendError, EngineDiedError, NotSentError, StalledError } from '../../src/domain/errors.ts';
import { type JobAttempt, omittedAttempts, triesInVain, withAttempt } from '../../src/domain/job.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import { afterFailure, codeOf, evidenceOf, MOST_IN_VAIN } from '../../src/executor/retry-policy.ts';

const random = seededRandom(1);
const attempt = (more: Partial<JobAttempt> = {}): JobAttempt => ({
  number: 1,
  backend: 'here',
  startedAt: 0,
  finishedAt: 1,
  failure: { code: 'BACKEND_ERROR', message: 'x', retryable: true },
  ...more,
});
const job = (more: { failedAttempts?: number; maxAttempts?: number; history?: JobAttempt[] } = {}) => ({
  failedAttempts: 0,
  maxAttempts: 1,
  history: [],
  ...more,
});
const vain = (count: number) => Array.from({ length: count }, () => attempt({ counts: false }));

const LOST = new BackendError('BACKEND_UNREACHABLE', 'wait', 'lost');
const BUSY = new BackendError('BACKEND_ERROR', 'busy', 'busy');
const DIED = new EngineDiedError('ENGINE_DIED', 'retry', 'died');
const REFUSED = new BackendError('REQUEST_REJECTED', 'none', 'no');
const ODD = new BackendError('BACKEND_ERROR', 'retry', 'odd');

describe('a failed run', () => {
  it.each([
    ['of a request that is refused', REFUSED, false, { kind: 'fail' }],
    ['that was not sent', new NotSentError('gone'), false, { kind: 'return' }],
    ['that a lost backend ended', LOST, false, { kind: 'try-again', counts: false, suspect: true }],
    ['that a busy backend refused', BUSY, false, { kind: 'try-again', counts: false, suspect: false }],
    ['that died with others', DIED, true, { kind: 'try-again', counts: false, suspect: true }],
    ['that died alone', DIED, false, { kind: 'fail' }],
    ['that failed for no known reason', ODD, true, { kind: 'fail' }],
  ])('%s', (_what, error, hadCompany, verdict) => {
    expect(afterFailure(job(), { error, hadCompany, hasPassedOn: false }, random)).toMatchObject(verdict);
  });

  it.each([
    ['a lost backend', LOST],
    ['a busy backend', BUSY],
    ['an engine that died', DIED],
    ['a request that is refused', REFUSED],
    ['no known reason', ODD],
    ['a lack of memory', new BackendError('OUT_OF_MEMORY', 'free-memory', 'full')],
    ['a silent backend', new StalledError('silent')],
    ['an instance that went before', new NotSentError('gone')],
    ['a mistake of ours', new Error('a mistake of ours')],
  ])('ends the job with its own failure once somebody has heard of its answer: %s', (_what, error) => {
    for (const hadCompany of [true, false])
      for (const history of [[], vain(1), vain(MOST_IN_VAIN + 1)]) {
        const mayTryAgain = job({ maxAttempts: 10, history });
        const verdict = afterFailure(mayTryAgain, { error, hadCompany, hasPassedOn: true }, random);
        expect(verdict).toMatchObject({
          kind: 'fail',
          told: { code: codeOf(error), message: error.message },
        });
        if (error === REFUSED) continue;
        const unheard = afterFailure(mayTryAgain, { error, hadCompany, hasPassedOn: false }, random);
        expect(unheard.kind).not.toBe('fail');
      }
  });

  it('alone of an engine that died leaves a suspect that has attempts left', () => {
    const verdict = afterFailure(
      job({ maxAttempts: 2 }),
      { error: DIED, hadCompany: false, hasPassedOn: false },
      random,
    );
    expect(verdict).toMatchObject({ kind: 'try-again', counts: true, suspect: true });
  });

  it.each([
    ['lost', LOST],
    ['busy', BUSY],
  ])(
    'of a %s backend is tried ever later, and for so long that no attempt is left in the end',
    (_what, error) => {
      let history: readonly JobAttempt[] = [];
      let waitedMs = 0;
      let tries = 0;
      for (;;) {
        const verdict = afterFailure(
          job({ history: [...history] }),
          { error, hadCompany: false, hasPassedOn: false },
          random,
        );
        tries += 1;
        if (verdict.kind !== 'try-again') {
          expect(verdict.kind).toBe('fail');
          break;
        }
        waitedMs += verdict.delayMs;
        history = withAttempt(history, attempt({ number: tries, counts: verdict.counts }));
      }
      expect(tries).toBe(MOST_IN_VAIN + 1);
      expect(waitedMs).toBeGreaterThan(6 * 60_000);
      expect(waitedMs).toBeLessThan(20 * 60_000);
    },
  );

  it('waits as long as the server asks it to, within reason', () => {
    const asks = (retryAfterMs: number) =>
      afterFailure(
        job(),
        {
          error: new BackendError('BACKEND_ERROR', 'busy', 'busy', { retryAfterMs }),
          hadCompany: false,
          hasPassedOn: false,
        },
        random,
      );
    expect(asks(90_000)).toMatchObject({ delayMs: 90_000 });
    expect(asks(10)).toMatchObject({ delayMs: expect.toSatisfy((ms: number) => ms >= 500) });
    expect(asks(10 ** 9)).toMatchObject({ delayMs: 600_000 });
  });

  it('whose prompt was too long goes on with a larger context, and not as a failed attempt, unless somebody has heard of it', () => {
    const tooLong = new PromptTooLongError('Too long. Shorten it.', { finding: 'Too long.' });
    const larger = queueKey({ model: 'a:latest', contextLength: 8_192, chosen: true });
    const run = { error: tooLong, hadCompany: false, hasPassedOn: false, larger };
    expect(afterFailure(job(), run, random)).toEqual({
      kind: 'enlarge',
      queue: larger,
      failure: {
        code: 'CONTEXT_LENGTH_EXCEEDED',
        message: 'Too long. It goes on with a context of 8192 tokens.',
        retryable: true,
      },
    });
    for (const ended of [
      { ...run, hasPassedOn: true },
      { ...run, larger: null },
    ])
      expect(afterFailure(job({ maxAttempts: 9 }), ended, random)).toMatchObject({
        kind: 'fail',
        failure: { code: 'CONTEXT_LENGTH_EXCEEDED', retryable: false },
      });
  });

  it.each([
    [REFUSED, 'none'],
    [BUSY, 'none'],
    [LOST, 'gone'],
    [DIED, 'gone'],
    [new NotSentError('gone'), 'gone'],
    [new BackendError('BACKEND_ERROR', 'retry', 'repeats itself', { aboutRequest: true }), 'none'],
    [new StalledError('silent'), 'stalled'],
    [ODD, 'failed'],
    [new Error('a mistake of ours'), 'failed'],
  ])('%s says of its instance: %s', (error, evidence) => {
    expect(evidenceOf(error)).toBe(evidence);
  });
});

describe('the history of a job', () => {
  it('is bounded, and tells how many tries it leaves out, from whatever it is made', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 120 }), (counted) => {
        let history: readonly JobAttempt[] = [];
        for (const [index, counts] of counted.entries())
          history = withAttempt(history, attempt({ number: index + 1, counts }));
        expect(history.length).toBeLessThanOrEqual(32);
        expect(history.length + omittedAttempts({ history })).toBe(counted.length);
        expect(history.map(({ number }) => number)).toEqual(
          history.map(({ number }) => number).toSorted((a, b) => a - b),
        );
        for (const [index, { number, omittedBefore }] of history.entries())
          expect(number - (history[index - 1]?.number ?? 0) - 1).toBe(omittedBefore ?? 0);
        expect(history.at(-1)?.number ?? 0).toBe(counted.length);
        const inVain = counted.length - 1 - counted.lastIndexOf(true);
        expect(Math.min(MOST_IN_VAIN + 1, triesInVain({ history }))).toBe(Math.min(MOST_IN_VAIN + 1, inVain));
      }),
    );
  });

  it('counts what came to nothing since the last try that counted', () => {
    expect(triesInVain({ history: [] })).toBe(0);
    expect(triesInVain({ history: [...vain(3)] })).toBe(3);
    expect(triesInVain({ history: [...vain(3), attempt(), ...vain(2)] })).toBe(2);
    expect(triesInVain({ history: [attempt({ counts: true })] })).toBe(0);
    const tooLong = { code: 'CONTEXT_LENGTH_EXCEEDED', message: 'x', retryable: true } as const;
    expect(triesInVain({ history: [...vain(1), attempt({ counts: false, failure: tooLong })] })).toBe(1);
  });
});
