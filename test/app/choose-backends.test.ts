/** Whether Ollama is attached or managed where the settings leave it open. */
import { describe, expect, test } from 'vitest';
import { type Circumstances, chooseWay, settleBackends } from '../../src/app/choose-backends.ts';
import { loadConfig } from '../../src/config/load.ts';
import { InvalidSettingError } from '../../src/domain/errors.ts';

const URL = 'http://127.0.0.1:11434';

const USUAL: Circumstances = {
  platform: 'linux',
  url: URL,
  urlIsHere: true,
  answer: { kind: 'silent' },
  program: { kind: 'usable', path: '/usr/bin/ollama', version: '0.33.0' },
};
const ANSWERS = { answer: { kind: 'answers', version: '0.33.0' } } as const;
const STRANGE = { answer: { kind: 'strange', said: 'status 404' } } as const;
const CLOSED = { answer: { kind: 'closed', why: 'it wants a key' } } as const;
const NO_PROGRAM = { program: { kind: 'unusable', problem: 'There is no program "ollama".' } } as const;

describe('the mode', () => {
  test.each<[name: string, over: Partial<Circumstances>, way: string, why: string]>([
    ['an Ollama that answers is used', ANSWERS, 'attached', `an Ollama answers at ${URL}`],
    ['whatever program is here', { ...ANSWERS, ...NO_PROGRAM }, 'attached', `an Ollama answers at ${URL}`],
    [
      'else a program that is here is run',
      {},
      'managed',
      `no Ollama answers at ${URL}, and /usr/bin/ollama is here`,
    ],
    [
      'but not beside something else that has the address',
      STRANGE,
      'attached',
      `what answers at ${URL} is no Ollama (status 404). Name another address with OLLAMA_HOST or --backend, or have one run with --managed`,
    ],
    [
      'nor beside what may be an Ollama that wants a key',
      CLOSED,
      'attached',
      `something listens at ${URL}, but it wants a key`,
    ],
    [
      'else the address is waited for',
      NO_PROGRAM,
      'attached',
      `no Ollama answers at ${URL} yet, and none can be managed: There is no program "ollama"`,
    ],
    [
      'elsewhere than on Linux nothing is managed',
      { platform: 'darwin' },
      'attached',
      `no Ollama answers at ${URL} yet, and server processes can be managed on Linux alone`,
    ],
    [
      'but what answers is used there, too',
      { platform: 'win32', ...ANSWERS },
      'attached',
      `an Ollama answers at ${URL}`,
    ],
    [
      'another machine that was named is waited for',
      { url: 'http://box:11434', urlIsHere: false },
      'attached',
      'OLLAMA_HOST names another machine, and no Ollama answers at http://box:11434 yet',
    ],
  ])('%s', (_name, over, way, why) => {
    expect(chooseWay({ ...USUAL, ...over })).toEqual({ way, why });
  });
});

const look = async () => USUAL;

test('what is chosen stands alone, and the log says why', async () => {
  const config = await loadConfig({}, { env: {}, cwd: '/', home: '/' });
  const managed = await settleBackends(config, look);
  expect(managed.config.backends).toEqual([config.ollama.managed]);
  expect(managed.line).toMatch(/^Ollama is managed: no Ollama answers at .* is here\.$/);
  const attached = await settleBackends(config, async () => ({ ...USUAL, ...ANSWERS }));
  expect(attached.config.backends).toEqual([config.ollama.attached]);
  expect(attached.line).toBe(`Ollama is attached, not managed: an Ollama answers at ${URL}.`);
});

test('--managed is refused where processes cannot be managed', async () => {
  const config = await loadConfig({ managed: true }, { env: {}, cwd: '/', home: '/' });
  await expect(settleBackends(config, look, 'darwin')).rejects.toThrow(InvalidSettingError);
  await expect(settleBackends(config, look, 'darwin')).rejects.toThrow(/Linux alone, not on darwin/);
  expect((await settleBackends(config, look, 'linux')).config.backends).toHaveLength(1);
});

test('backends that are listed are taken, and named', async () => {
  const config = await loadConfig(
    { backend: ['box:1', 'box:2'] },
    { env: { OLLAMA_HOST: 'gpu.example' }, cwd: '/', home: '/' },
  );
  const { line, config: settled } = await settleBackends(config, look);
  expect(line).toBe('Backends, as --backend says: ollama (attached), ollama-2 (attached).');
  expect(settled.backends).toEqual(config.backends);
  // What runs on another machine takes nothing of this one.
  expect(settled.strayOllamaUrl).toBe(URL);
});
