/** What a model that a command starts can do, by what the settings and the flags of its server say. */
import { expect, test } from 'vitest';
import { CommandLibrary } from '../../../src/backend/command/command-library.ts';
import { silentLogger } from '../../../src/telemetry/logger.ts';
import { model } from './command-rig.ts';

const CHATS = ['completion', 'tools', 'thinking'];

test.each([
  ['llama-server', {}, CHATS],
  ['llama-server --mmproj p.bin', {}, [...CHATS, 'vision']],
  ['llama-server --mmproj-url=http://x/p', {}, [...CHATS, 'vision']],
  ['llama-server --embedding', {}, ['embedding']],
  ['llama-server --embeddings', {}, ['embedding']],
  ['vllm serve m --task embed', {}, ['embedding']],
  ['python -m sglang --is-embedding', {}, ['embedding']],
  ['llama-server --embedding', { kinds: ['generate'] }, ['completion']],
  ['llama-server --mmproj p.bin', { kinds: ['embed', 'chat'] }, ['embedding', ...CHATS, 'vision']],
] as const)('%s with %j is for %j', async (command, more, capabilities) => {
  const config = model('', {
    ...more,
    kinds: 'kinds' in more ? [...more.kinds] : undefined,
    command: [...command.split(' '), '{port}'],
  });
  const library = new CommandLibrary({
    name: 'rig',
    models: { m: config },
    logger: silentLogger,
    listed: () => {},
  });
  expect((await library.list())[0]?.capabilities).toEqual(capabilities);
});
