import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ollamaUrl } from '../../src/config/ollama-host.ts';
import { InvalidSettingError } from '../../src/domain/errors.ts';

describe('OLLAMA_HOST is read as Ollama reads it', () => {
  // The forms of envconfig's own test, with any-address turned into one to connect to.
  test.each([
    ['', 'http://127.0.0.1:11434'],
    ['1.2.3.4', 'http://1.2.3.4:11434'],
    [':1234', 'http://127.0.0.1:1234'],
    ['1.2.3.4:1234', 'http://1.2.3.4:1234'],
    ['http://1.2.3.4', 'http://1.2.3.4:80'],
    ['https://1.2.3.4', 'https://1.2.3.4:443'],
    ['https://1.2.3.4:1234', 'https://1.2.3.4:1234'],
    ['http://1.2.3.4:1234/ollama/', 'http://1.2.3.4:1234/ollama'],
    ['example.com', 'http://example.com:11434'],
    ['example.com:1234', 'http://example.com:1234'],
    ['http://example.com', 'http://example.com:80'],
    ['https://example.com/ollama', 'https://example.com:443/ollama'],
    ['example.com/ollama', 'http://example.com:11434/ollama'],
    ['[::1]', 'http://[::1]:11434'],
    ['::1', 'http://[::1]:11434'],
    ['[::1]:1337', 'http://[::1]:1337'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:8080', 'http://127.0.0.1:8080'],
    ['[::]', 'http://[::1]:11434'],
    ['[::]:8080', 'http://[::1]:8080'],
    [':66000', 'http://127.0.0.1:11434'],
    [':-1', 'http://127.0.0.1:11434'],
    ['1.2.3.4:', 'http://1.2.3.4:11434'],
    [' 1.2.3.4 ', 'http://1.2.3.4:11434'],
    ['"1.2.3.4"', 'http://1.2.3.4:11434'],
    ["'1.2.3.4'", 'http://1.2.3.4:11434'],
    ['ollama.com', 'https://ollama.com:443'],
  ])('%j is %s', (text, url) => {
    expect(ollamaUrl(text)).toBe(url);
  });
});

test.each(['ftp://x', 'a b', 'unix:///run/x', 'user@host', 'http://'.concat('a?b')])(
  '%j is refused',
  (text) => {
    expect(() => ollamaUrl(text)).toThrow(InvalidSettingError);
  },
);

test('whatever is taken is a URL over HTTP that reads as itself', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webAuthority(), fc.ipV4(), fc.ipV6(), fc.webUrl()), (text) => {
      let url: string;
      try {
        url = ollamaUrl(text);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidSettingError);
        return;
      }
      expect(new URL(url).protocol).toMatch(/^https?:$/);
      expect(ollamaUrl(url)).toBe(url);
    }),
    { numRuns: 1000 },
  );
});
