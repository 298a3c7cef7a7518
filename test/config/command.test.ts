/** Commands of the settings: how they are cut into words, and what is refused of them. */
import { describe, expect, test } from 'vitest';
import { commandModels } from '../../src/config/command.ts';
import { splitWords } from '../../src/config/words.ts';

describe('a command', () => {
  test.each([
    [
      'llama-server -m /models/a.gguf --port {port}',
      ['llama-server', '-m', '/models/a.gguf', '--port', '{port}'],
    ],
    [`a "b c" 'd "e' f\\ g ""`, ['a', 'b c', 'd "e', 'f g', '']],
    ['a \\\n  --b=1\n --c', ['a', '--b=1', '--c']],
    [`a --args '{"x": true, "y": "$HOME | b"}'`, ['a', '--args', '{"x": true, "y": "$HOME | b"}']],
    ['a "C:\\dir" "say \\"no\\""', ['a', 'C:\\dir', 'say "no"']],
  ])('%s is cut into words as people expect', (command, words) => {
    expect(splitWords(command)).toEqual(words);
  });

  test.each([
    ['a "b', /quotation mark/],
    ['  ', /empty/],
    ['a \\', /backslash/],
    ['a && b', /"&&" means something to a shell alone/],
    ['a | tee log', /no shell reads it/],
    ['a > /dev/null', /no shell reads it/],
    ['a -m $MODELS/b.gguf', /set it under env/],
    ['a $(nproc)', /filled in by a shell/],
  ])('%s is refused', (command, why) => {
    expect(() => splitWords(command)).toThrow(why);
  });
});

describe('models of commands', () => {
  const issues = (models: unknown) =>
    commandModels.safeParse(models).error?.issues.map(({ message }) => message);

  test.each([
    [{ a: { command: 'x' } }, /port is missing/],
    [{ a: { command: 'x --port {port} -c {contxt}' } }, /\{contxt\} is no placeholder/],
    [{ a: { command: 'x {port}', gpus: [0, 0] } }, /named twice/],
    [{ a: { command: 'x {port}', env: { CUDA_VISIBLE_DEVICES: 1 } } }, /not yours to set/],
    [{ a: { command: 'x {port}', aliases: ['b'] }, b: { command: 'x {port}' } }, /name of another model/],
    [{ a: { command: 'x {port}', kinds: ['draw'] } }, /none of generate, chat, embed/],
    [{ a: { command: 'x {port}', ready: 'health' } }, /not a path/],
    [{}, /no model is named/],
    [{ 'a\nb': { command: 'x {port}' } }, /"a\\nb" cannot be the name of a model/],
    [{ ' a': { command: 'x {port}' }, a: { command: 'x {port}' } }, /" a" cannot be the name of a model/],
    [{ [`${'x'.repeat(257)}`]: { command: 'x {port}' } }, /cannot be the name of a model/],
    [{ a: { command: 'x {port}', aliases: ['größe'] } }, /"größe" cannot be the name of a model/],
  ])('%j is refused', (models, why) => {
    expect(issues(models)?.join(' ')).toMatch(why);
  });

  test('a port in a variable will do, and braces of JSON are no placeholders', () => {
    const models = { a: { command: `x --args '{"a": 1}'`, env: { PORT: '{port}', N: 2 } } };
    expect(commandModels.parse(models).a).toMatchObject({ env: { PORT: '{port}', N: '2' } });
  });
});
