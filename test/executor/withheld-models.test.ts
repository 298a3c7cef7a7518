import { describe, expect, it } from 'vitest';
import { type BackendId, stableId } from '../../src/domain/ids.ts';
import { parseQueueKey, queueKey } from '../../src/domain/queue-key.ts';
import type { ModelResolver, ResolvedModel } from '../../src/domain/resolver.ts';
import { WithheldModels, withholding } from '../../src/executor/withheld-models.ts';

const HERE = stableId('bkd', 'here') as BackendId;
const THERE = stableId('bkd', 'there') as BackendId;

function world() {
  const withheld = new WithheldModels();
  const inner: ModelResolver = {
    version: 7,
    hasListed: () => true,
    isNamed: () => true,
    resolve: (queue) => {
      const { model } = parseQueueKey(queue);
      const info = { name: model === 'qwen3' ? 'qwen3:latest' : model };
      return model.startsWith('nothing') ? null : ({ footprintBytes: 5, info } as ResolvedModel);
    },
  };
  const resolver = withholding(inner, withheld);
  const has = (model: string, id: BackendId, contextLength: number | null = null) =>
    !resolver.resolve(queueKey({ model, contextLength }), id)?.withheld;
  return { withheld, resolver, has };
}

describe('a withheld model', () => {
  it('is said to be so on its backend, at any context length and by whatever name jobs wait for it', () => {
    const { withheld, has } = world();
    withheld.hold(HERE, 'qwen3:latest');
    expect(has('qwen3:latest', HERE)).toBe(false);
    expect(has('qwen3', HERE)).toBe(false);
    expect(has('qwen3:latest', HERE, 8_192)).toBe(false);
    expect(has('qwen3:latest', THERE)).toBe(true);
    expect(has('qwen3:8b', HERE)).toBe(true);
  });

  it('is still known by what it is, and one that is not there is still nothing', () => {
    const { withheld, resolver } = world();
    const resolve = (model: string) => resolver.resolve(queueKey({ model, contextLength: null }), HERE);
    withheld.hold(HERE, 'a:1');
    withheld.hold(HERE, 'nothing:1');
    expect(resolve('a:1')).toEqual({ footprintBytes: 5, info: { name: 'a:1' }, withheld: true });
    expect(resolve('nothing:1')).toBeNull();
  });

  it('is back when every hold has ended, and an end that is repeated ends no other', () => {
    const { withheld, has } = world();
    const first = withheld.hold(HERE, 'a:1');
    const second = withheld.hold(HERE, 'a:1');
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(has('a:1', HERE)).toBe(false);
    second[Symbol.dispose]();
    expect(has('a:1', HERE)).toBe(true);
  });

  it('changes the version with every hold and every end', () => {
    const { withheld, resolver } = world();
    const versions = [resolver.version];
    const hold = withheld.hold(HERE, 'a:1');
    versions.push(resolver.version);
    hold[Symbol.dispose]();
    versions.push(resolver.version);
    expect(new Set(versions).size).toBe(3);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  });
});
