/** Errors by which the language names the value it could not work with do not take it into a log. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { BackendError, loggedMessage, loggedStack } from '../../src/domain/errors.ts';
import { withoutContent } from '../../src/telemetry/redact.ts';

const SECRET = 'my secret prompt';

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('It was to throw.');
}

it.each([
  ['JSON that is cut', () => JSON.parse(`{"a": ${SECRET}`)],
  [
    'an argument of the wrong type',
    () => Buffer.from({ [Symbol.toPrimitive]: null, secret: SECRET } as never),
  ],
  ['a path', () => new URL(SECRET)],
  ['a number of a text', () => BigInt(SECRET)],
  ['what cannot be cloned', () => structuredClone(Object.assign(() => SECRET, {}))],
  ['a schema', () => z.literal(SECRET).parse('other')],
])('of %s', (_what, act) => {
  const error = thrownBy(act);
  for (const text of [loggedMessage(error), loggedStack(error), JSON.stringify(withoutContent({ error }))]) {
    expect(text).not.toContain(SECRET);
  }
  expect(loggedStack(error)).toContain('logged-errors.test.ts');
});

it('our own errors and those of the system say what they have to say', () => {
  expect(
    loggedMessage(new BackendError('BACKEND_ERROR', 'retry', 'Start it.', { ownerMessage: SECRET })),
  ).toBe('Start it.');
  expect(loggedMessage(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBe('no such file');
  expect(JSON.stringify(withoutContent({ url: new URL('http://user:password@host/path?key=1') }))).toBe(
    '{"url":"http://host/path"}',
  );
});
