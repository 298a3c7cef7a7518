import { describe, expect, test } from 'vitest';
import {
  answerError,
  ERROR_TABLE,
  errorRow,
  readErrorBody,
} from '../../../src/backend/ollama/error-table.ts';
import { ANSWERS } from './error-answers.ts';

const LOAD = { endpoint: '/api/generate', carriesContent: false } as const;
const CHAT = { endpoint: '/api/chat', carriesContent: true } as const;

describe('the error table', () => {
  test.each(ANSWERS)('%s "%s" from %s is: %s', (status, text, endpoint, row, code, remedy) => {
    const body = JSON.stringify({ error: text });
    const error = answerError(
      { endpoint, carriesContent: false },
      status,
      status === 404 && text.startsWith('404') ? text : body,
    );
    expect([error.code, error.remedy]).toEqual([code, remedy]);
    const { text: inner, engineStatus } = readErrorBody(text);
    const refusedByEngine = engineStatus !== null && engineStatus < 500;
    const found = errorRow({ endpoint, status, text: inner, refusedByEngine });
    expect(found.name).toBe(row);
    if (inner !== '') expect(error.message).toContain(inner);
    expect(error.message).toContain(found.advice);
  });

  test('promises nothing of what is done next, which the job may not live to see', () => {
    expect(ERROR_TABLE.map(({ advice }) => advice).filter((advice) => /tried again/.test(advice))).toEqual(
      [],
    );
  });

  test('has an example for every row', () => {
    const seen = new Set(ANSWERS.map((answer) => answer[3]));
    expect(ERROR_TABLE.map((row) => row.name).filter((name) => !seen.has(name))).toEqual([]);
  });

  test.each([
    [
      'JSON in a JSON string',
      JSON.stringify({ error: JSON.stringify({ error: { code: 400, message: 'inner' } }) }),
      'inner',
    ],
    [
      'a relayed error',
      JSON.stringify({ StatusCode: 400, Status: '400 Bad Request', error: 'inner' }),
      'inner',
    ],
    ['an error object', JSON.stringify({ error: { message: 'inner' } }), 'inner'],
    ['no JSON', '<html>\n  <b>inner</b></html>', '<html> <b>inner</b></html>'],
    ['JSON without a text', '{"x":1}', '{"x":1}'],
  ])('finds the text in %s', (_what, body, text) => {
    expect(answerError(CHAT, 400, body).ownerMessage).toContain(`"${text}"`);
  });

  test('quotes no endless page', () => {
    expect(answerError(CHAT, 500, 'x'.repeat(100_000)).ownerMessage.length).toBeLessThan(1000);
  });
});

describe('an answer to a call that carried content', () => {
  test.each([
    [500, '{"error":"error parsing tool call: raw=\'my secret\'"}'],
    [400, '{"error":"invalid format: \\"my secret\\"; expected \\"json\\""}'],
    [null, '{"error":"my secret"}'],
    [502, '<html>my secret</html>'],
  ])('is quoted to the owner alone (%s)', (status, body) => {
    const error = answerError(CHAT, status, body);
    expect(error.message).not.toContain('secret');
    expect(error.ownerMessage).toContain('secret');
  });
});

test.each([
  ['out of memory', 500, 'cudaMalloc failed: out of memory'],
  ['a busy server', 503, 'server busy, please try again.  maximum pending requests exceeded'],
  ['no text', 500, ''],
])('What happened is told without what to do about it: %s', (_what, status, text) => {
  const { message, finding } = answerError(LOAD, status, JSON.stringify({ error: text }));
  expect(message.startsWith(finding)).toBe(true);
  const advice = message.slice(finding.length).trim();
  expect(advice).not.toBe('');
  expect(finding).not.toContain(advice);
});
