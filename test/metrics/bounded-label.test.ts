import { expect, test } from 'vitest';
import { BoundedLabel } from '../../src/metrics/bounded-label.ts';

test('a label has so many values and no more, however many names callers choose', () => {
  const label = new BoundedLabel();
  const seen = new Set(Array.from({ length: 100_000 }, (_, i) => label.of(`model-${i}`)));
  expect(seen.size).toBe(201);
  expect(label.of('model-0')).toBe('model-0');
  expect(label.of('model-99999')).toBe('other');
});
