import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, isOlderThan } from '../../src/domain/version.ts';

describe('versions', () => {
  test.each([
    ['0.9.0', '0.10.0'],
    ['0.33.0-rc2', '0.33.0'],
    ['0.33', '0.33.1'],
    ['v0.33.0', '1.0.0'],
    ['24.18.9', '24.19.0'],
  ])('%s comes before %s', (a, b) => {
    expect(compareVersions(a, b)).toBeLessThan(0);
    expect(compareVersions(b, a)).toBeGreaterThan(0);
    expect(compareVersions(a, a)).toBe(0);
  });

  test('are ordered as their numbers are', () => {
    const numbers = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99));
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const order = a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
        expect(Math.sign(compareVersions(a.join('.'), b.join('.')))).toBe(Math.sign(order));
      }),
    );
  });

  test.each([
    ['0.14.9', '0.15', true],
    ['0.15.0', '0.15', false],
    ['0.15.0-rc1', '0.15', false],
    ['0.9', '0.15', true],
    ['1.0.0', '0.15', false],
    ['23.99.0', '24.19', true],
    ['25.0.0', '24.19', false],
    ['0.0.0', '0.15', false],
    ['a build of mine', '0.15', false],
  ])('%s is older than %s: %s', (version, least, older) => {
    expect(isOlderThan(version, least)).toBe(older);
  });
});
