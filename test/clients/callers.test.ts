import { describe, expect, it, test } from 'vitest';
import { type ApiKey, type Caller, type CallerSettings, Callers } from '../../src/clients/callers.ts';
import { VirtualClock } from '../../src/clock.ts';
import { digestText, keyOf } from '../../src/domain/api-key.ts';

const ANN = 'the-key-of-ann-1234';
const BOB = 'the-key-of-bob-1234';
const DAY_MS = 86_400_000;

function open(settings: CallerSettings) {
  const clock = new VirtualClock();
  return { clock, callers: new Callers(settings, clock) };
}

function found(callers: Callers, key?: string): Caller {
  const caller = callers.find(key);
  if (typeof caller === 'string') throw new Error(caller);
  return caller;
}

const scopesOf = (callers: Callers, key?: string) => [...found(callers, key).principal.scopes];
const ann: ApiKey = { name: 'ann', key: ANN };

describe('a caller', () => {
  it('is known by a key that the settings have as it is, or as its digest alone', () => {
    for (const key of [ANN, digestText(ANN)]) {
      const { callers } = open({
        keys: [
          { name: 'ann', key },
          { name: 'bob', key: BOB, admin: true, maxPriority: 'LOW' },
        ],
      });
      expect(found(callers, ANN).principal).toMatchObject({ client: 'ann', maxPriority: 'HIGH' });
      expect(found(callers, BOB).principal).toMatchObject({ client: 'bob', maxPriority: 'LOW' });
      expect(callers.find('the-key-of-nobody-1')).toBe('KEY_UNKNOWN');
      // Whoever reads the settings cannot come in with what stands there.
      expect(callers.find(digestText(ANN))).toBe('KEY_UNKNOWN');
      expect(callers.find(undefined)).toBe('KEY_NEEDED');
      expect([callers.needsKey, callers.choosesName]).toEqual([true, false]);
    }
  });

  it('learns that it mistyped its key', () => {
    const key = keyOf(new Uint8Array(32).fill(7));
    const { callers } = open({ keys: [{ name: 'ann', key: digestText(key) }] });
    expect(found(callers, key).principal.client).toBe('ann');
    expect(callers.find(key.slice(0, -1))).toBe('KEY_MISTYPED');
    expect(callers.find(keyOf(new Uint8Array(32).fill(8)))).toBe('KEY_UNKNOWN');
  });

  it('has the scopes of its key, with what they imply', () => {
    const of = (more: Partial<ApiKey>) => scopesOf(open({ keys: [{ ...ann, ...more }] }).callers, ANN);
    expect(of({})).toEqual(['SUBMIT', 'READ_OWN']);
    expect(of({ admin: true })).toEqual(['SUBMIT', 'READ_OWN', 'READ_ALL', 'OPERATE', 'ADMIN']);
    expect(of({ scopes: ['ADMIN'] })).toEqual(of({ admin: true }));
    expect(of({ scopes: ['READ_ALL'] })).toEqual(['READ_OWN', 'READ_ALL']);
    expect(of({ scopes: ['OPERATE'] })).toEqual(['READ_OWN', 'READ_ALL', 'OPERATE']);
    expect(of({ scopes: [] })).toEqual([]);
  });
});

describe('without a key', () => {
  it('everybody has every scope where there are no keys', () => {
    const { callers } = open({ keys: [] });
    expect(scopesOf(callers)).toHaveLength(5);
    // Client libraries always send some key.
    expect(scopesOf(callers, 'sk-whatever-it-is-1')).toHaveLength(5);
    expect([callers.needsKey, callers.choosesName]).toEqual([false, true]);
  });

  it('a caller may what the settings say, under one name where there are keys', () => {
    const anonymous = { scopes: ['READ_OWN'], maxPriority: 'LOW' } as const;
    const { callers } = open({ keys: [ann], anonymous });
    expect(found(callers).principal).toMatchObject({ client: 'anonymous', maxPriority: 'LOW' });
    expect(scopesOf(callers)).toEqual(['READ_OWN']);
    expect(callers.find('the-key-of-nobody-1')).toBe('KEY_UNKNOWN');
    expect([callers.needsKey, callers.choosesName]).toEqual([false, false]);
    expect(scopesOf(open({ keys: [], anonymous }).callers)).toEqual(['READ_OWN']);
  });
});

describe('when the settings change', () => {
  const before = { keys: [ann, { name: 'bob', key: BOB }] } as const;

  test.each<readonly [string, CallerSettings, boolean]>([
    ['stays when only others change', { keys: [ann, { name: 'eve', key: 'the-key-of-eve-1234' }] }, false],
    ['stays when its key is written as a digest', { keys: [{ name: 'ann', key: digestText(ANN) }] }, false],
    ['stays when it gets another end', { keys: [{ ...ann, expiresAt: 9e15 }] }, false],
    ['goes with its key', { keys: [{ name: 'bob', key: BOB }] }, true],
    ['goes when its key becomes that of another', { keys: [{ name: 'eve', key: ANN }] }, true],
    ['goes when its key may something else', { keys: [{ ...ann, admin: true }] }, true],
    ['goes when its key may ask less urgently', { keys: [{ ...ann, maxPriority: 'LOW' }] }, true],
    ['goes when the key is exchanged', { keys: [{ name: 'ann', key: `${ANN}-new` }] }, true],
  ])('a caller %s', (_what, after, isRevoked) => {
    const { callers } = open(before);
    const { revoked } = found(callers, ANN);
    callers.replace(after);
    expect(revoked.aborted).toBe(isRevoked);
    // A second time changes nothing.
    const now = callers.find(ANN);
    callers.replace(after);
    if (typeof now !== 'string') expect(now.revoked.aborted).toBe(false);
  });

  it('one without a key goes when keys come', () => {
    const { callers } = open({ keys: [] });
    const { revoked } = found(callers);
    callers.replace({ keys: [ann] });
    expect(revoked.aborted).toBe(true);
    expect(callers.find(undefined)).toBe('KEY_NEEDED');
  });
});

describe('a key that expires', () => {
  it('ends on its day, with what is open then, however far that is', () => {
    const { callers, clock } = open({ keys: [] });
    const expiresAt = clock.now() + 40 * DAY_MS;
    callers.replace({
      keys: [
        { ...ann, expiresAt },
        { name: 'ann', key: BOB },
      ],
    });
    const { revoked } = found(callers, ANN);
    clock.advance(40 * DAY_MS - 1);
    expect([revoked.aborted, typeof callers.find(ANN)]).toEqual([false, 'object']);
    clock.advance(1);
    expect([revoked.aborted, callers.find(ANN)]).toEqual([true, 'KEY_EXPIRED']);
    // The key that was handed out beside it.
    expect(found(callers, BOB).principal.client).toBe('ann');
    callers.stop();
  });

  it('lets callers in again, for as long as it says, when it is given a later end', () => {
    const { callers, clock } = open({ keys: [] });
    const until = (expiresAt: number) => callers.replace({ keys: [{ ...ann, expiresAt }] });
    until(clock.now() - 1);
    expect(callers.find(ANN)).toBe('KEY_EXPIRED');
    until(clock.now() + DAY_MS);
    const { revoked } = found(callers, ANN);
    expect(revoked.aborted).toBe(false);
    clock.advance(DAY_MS);
    expect([revoked.aborted, callers.find(ANN)]).toEqual([true, 'KEY_EXPIRED']);
    until(clock.now() + DAY_MS);
    expect([revoked.aborted, found(callers, ANN).revoked.aborted]).toEqual([true, false]);
    callers.stop();
  });
});
