/** What becomes of a configuration of llama-swap. */
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { fromLlamaSwap } from '../../../src/cli/import/from-llama-swap.ts';
import { llamaSwapFile } from '../../../src/cli/import/llama-swap-file.ts';

const importOf = (text: string) => fromLlamaSwap(llamaSwapFile.parse(parse(text)));
const one = (text: string) => importOf(`models: { m: ${text} }`);

test('models are written with their macros, aliases, variables, paths and times', () => {
  const { models, leftOut } = importOf(`
healthCheckTimeout: 500
startPort: 10001
macros:
  "server": llama-server --host 127.0.0.1 --port \${PORT} \${common}
  common: -ngl \${layers}
  layers: 999
models:
  "qwen":
    cmd: |
      # the large one
      \${server}
      -m /models/qwen.gguf --alias \${MODEL_ID}
    aliases: [gpt-4o-mini]
    ttl: 300
    env: ["CUDA_VISIBLE_DEVICES=0,1", "GGML_X=a=b"]
    checkEndpoint: /v1/models
    unlisted: true
  "whisper":
    cmd: whisper-server --port 9233 -m w.bin
    proxy: http://127.0.0.1:9233
    checkEndpoint: none
groups:
  both: { swap: false, members: [qwen, whisper] }
`);
  expect(models).toEqual({
    qwen: {
      command: 'llama-server --host 127.0.0.1 --port {port} -ngl 999 -m /models/qwen.gguf --alias qwen',
      aliases: ['gpt-4o-mini'],
      env: { GGML_X: 'a=b' },
      gpus: [0, 1],
      ready: '/v1/models',
      readyWithin: '500s',
      stopAfter: '300s',
    },
    whisper: { command: 'whisper-server --port {port} -m w.bin', readyWithin: '500s', stopAfter: -1 },
  });
  expect(leftOut).toEqual([
    'startPort is left out: each process gets a free port.',
    'groups is left out: what may run together is decided by the memory that each model takes.',
    'qwen: unlisted is left out.',
    'whisper: checkEndpoint: none is left out: nothing is sent to a server before it says that it is ready.',
  ]);
});

test.each([
  ['{ cmd: "docker run -p $<PORT>:8080 image" }', /runs in a container/],
  ['{ cmd: "x --port $<PORT> $<missing>" }', /no macro \$\{missing\}/],
  ['{ cmd: "x --port $<PORT> $<a>", macros: { a: "$<b>", b: "$<a>" } }', /refer to each other/],
  ['{ cmd: "x --port $<PORT> --key $<env.KEY>" }', /takes KEY from the environment/],
  ['{ cmd: "x" }', /names no \$\{PORT\}/],
  ['{ cmd: "x --port 80 --port 80", proxy: "http://localhost:80/" }', /cannot be told/],
  ['{ cmd: "x", proxy: "http://127.0.0.1:8080" }', /port 8080 cannot be told/],
  ['{ cmd: "x --port $<PORT>", proxy: "http://other:$<PORT>" }', /type: openai/],
  ['{ cmd: "x --port $<PORT>", proxy: "http://127.0.0.1:$<PORT>/api" }', /type: openai/],
  ['{ cmd: "sh -c x --port $<PORT> && y" }', /a shell alone/],
])('%s is not guessed at', (model, why) => {
  const macros = model.replace(/\$<([^>]+)>/g, (_all, name) => `\${${name}}`);
  const { models, leftOut } = one(macros);
  expect(models).toEqual({});
  expect(leftOut[0]).toMatch(/^m is not taken over: /);
  expect(leftOut[0]).toMatch(why);
});

test('a model of another form, or with macros that lead nowhere, is left out by itself', () => {
  const { models, leftOut } = importOf(`
models:
  loop: { cmd: "x --port \${PORT} \${a} with more text behind it", macros: { a: "\${b}", b: "\${a}" } }
  next: { cmd: "\${server} --port \${PORT}", macros: { server: llama-server } }
  many: { cmd: "x --port \${PORT} \${a}", macros: { a: "\${b}\${b}\${b}\${b}\${b}\${b}\${b}\${b} \${a}", b: "0123456789" } }
  none: { proxy: "http://127.0.0.1:8080" }
  number: { cmd: 5 }
  text: llama-server
  last: { cmd: "x --port \${PORT}" }
`);
  expect(Object.keys(models)).toEqual(['next', 'last']);
  expect(leftOut).toEqual([
    expect.stringMatching(/^loop is not taken over: its macros refer to each other/),
    expect.stringMatching(/^many is not taken over: its macros /),
    expect.stringMatching(/^none is not taken over: cmd is not of llama-swap's form/),
    expect.stringMatching(/^number is not taken over: cmd is not of llama-swap's form/),
    expect.stringMatching(/^text is not taken over: it is not of llama-swap's form/),
  ]);
});

test('what llama-swap leaves to its defaults is read as it does', () => {
  const { models } = importOf(`
globalTTL: 600
macros:
models:
  empty: { cmd: "x --port \${PORT}", proxy: , aliases: , env: , ttl: , checkEndpoint: , macros: }
  inherits: { cmd: "x --port \${PORT}", ttl: -1 }
  never: { cmd: "x --port \${PORT}", ttl: 0 }
`);
  const command = 'x --port {port}';
  expect(models).toEqual({
    empty: { command, stopAfter: '600s' },
    inherits: { command, stopAfter: '600s' },
    never: { command, stopAfter: -1 },
  });
});

test('a comment may name what is gone, a port may be told by a variable, and an alias may be an object', () => {
  const { models, leftOut } = importOf(`
macros:
  server: |
    # of last year
    llama-server --port \${PORT}
models:
  a:
    cmd: |
      # \${older} --port \${PORT}
      \${server} \\
        -m a.gguf
    aliases: [{ id: gpt, name: GPT, unlisted: true }, second, second]
  b: { cmd: "python serve.py", env: ["PORT=\${PORT}"], aliases: [gpt, a, other] }
`);
  expect(models).toEqual({
    a: { command: 'llama-server --port {port} -m a.gguf', aliases: ['gpt', 'second'], stopAfter: -1 },
    b: { command: 'python serve.py', env: { PORT: '{port}' }, aliases: ['other'], stopAfter: -1 },
  });
  expect(leftOut).toEqual([
    'b: the alias gpt is left out: it is the name of another model.',
    'b: the alias a is left out: it is the name of another model.',
  ]);
});

test.each([
  'docker run',
  '/usr/bin/docker run',
  'sudo docker run',
  'sudo -E docker run',
  'env A=1 podman run',
])('%s is a container', (start) => {
  expect(one(`{ cmd: "${start} -p \${PORT}:8080 image" }`).leftOut[0]).toMatch(/runs in a container/);
});
