import { describe, expect, it } from 'vitest';
import { nextTurn } from '../../src/clock.ts';
import { DemandStream } from '../../src/events/demand-stream.ts';

/** Gives out what is put in; fails or completes when told to. */
class Hatch extends DemandStream<number> {
  readonly #values: (number | Error | null)[] = [];
  #wake: (() => void) | null = null;
  registered = 0;
  pulls = 0;

  put(...values: (number | Error | null)[]): void {
    this.#values.push(...values);
    this.#wake?.();
  }

  protected async produce(): Promise<number | undefined> {
    this.pulls += 1;
    while (!this.ended) {
      const value = this.#values.shift();
      if (value instanceof Error) throw value;
      if (value !== undefined) return value ?? undefined;
      await this.waitOn((wake) => {
        this.registered += 1;
        this.#wake = wake;
        return () => {
          this.registered -= 1;
          this.#wake = null;
        };
      });
    }
    return undefined;
  }
}

const done = { done: true, value: undefined };

describe('a stream that is pulled', () => {
  it('answers requests in their order, also those made before there was anything', async () => {
    const hatch = new Hatch();
    const answers = [hatch.next(), hatch.next(), hatch.next()];
    hatch.put(1);
    hatch.put(2, null);
    expect(await Promise.all(answers)).toEqual([{ done: false, value: 1 }, { done: false, value: 2 }, done]);
    expect(await hatch.next()).toEqual(done);
  });

  it('settles everything that is pending when the reader leaves, and waits for nothing any more', async () => {
    const hatch = new Hatch();
    const pending = [hatch.next(), hatch.next()];
    await nextTurn();
    expect(hatch.registered).toBe(1);
    expect(await hatch.return()).toEqual(done);
    expect(await Promise.all(pending)).toEqual([done, done]);
    expect([hatch.registered, hatch.pulls]).toEqual([0, 1]);
    hatch.put(1);
    expect(await hatch.next()).toEqual(done);
  });

  it('passes a failure to the request that met it, and is over for the others', async () => {
    const hatch = new Hatch();
    const first = hatch.next();
    const second = hatch.next();
    hatch.put(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    expect(await second).toEqual(done);
    expect(await hatch.next()).toEqual(done);
  });

  it('can be thrown into, looped over and disposed of', async () => {
    const thrown = new Hatch();
    const pending = thrown.next();
    await expect(thrown.throw(new Error('enough'))).rejects.toThrow('enough');
    expect(await pending).toEqual(done);

    const looped = new Hatch();
    looped.put(1, 2, 3);
    const seen: number[] = [];
    for await (const value of looped) {
      seen.push(value);
      if (value === 2) break;
    }
    expect(seen).toEqual([1, 2]);
    expect(await looped.next()).toEqual(done);

    const disposed = new Hatch();
    {
      await using stream = disposed;
      void stream.next();
      await nextTurn();
    }
    expect(disposed.registered).toBe(0);
  });
});
