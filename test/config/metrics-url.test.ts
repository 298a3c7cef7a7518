import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { metricsUrl } from '../../src/config/metrics-url.ts';
import { InvalidSettingError } from '../../src/domain/errors.ts';

describe('the address of metrics', () => {
  test.each([
    ['gpu-box:9400', 'http://gpu-box:9400/metrics'],
    [' gpu-box ', 'http://gpu-box/metrics'],
    ['http://10.0.0.7:9835', 'http://10.0.0.7:9835/metrics'],
    ['http://10.0.0.7:9835/', 'http://10.0.0.7:9835/metrics'],
    ['https://box/gpu/metrics?collect=x#y', 'https://box/gpu/metrics?collect=x'],
    ['[fd00::7]:9400', 'http://[fd00::7]:9400/metrics'],
  ])('may be written "%s"', (written, url) => {
    expect(metricsUrl(written)).toBe(url);
  });

  test.each(['', 'http://', 'ftp://box', 'a b', 'box:99999', 'http://user:word@box/metrics'])(
    'is not "%s"',
    (written) => {
      expect(() => metricsUrl(written)).toThrow(InvalidSettingError);
    },
  );

  test('means the same when it is written out', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (url) => {
        const once = metricsUrl(url);
        expect(metricsUrl(once)).toBe(once);
      }),
    );
  });
});
