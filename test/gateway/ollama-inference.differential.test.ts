/** The same requests for inference, good and bad, to a server directly and through the gateway: the same answers, but for what is listed. */
import { expect, test } from 'vitest';
import { runVirtualOllama } from '../../src/virtual-ollama/server.ts';
import { compare, type Difference, type Probe, tellDifference } from '../support/differential.ts';
import { someProbes } from '../support/differential-requests.ts';
import { GIB, thinModel } from '../virtual-ollama/bench.ts';
import { gatewayWorld } from './support/world.ts';

const MODELS = { completion: 'plain:latest', embedding: 'vectors:latest', tools: 'tooled:latest' };
const { facts } = thinModel('vectors', 50);
const WORLD = {
  version: '0.33.0',
  catalog: [
    thinModel('plain', 100),
    { ...thinModel('tooled', 100), capabilities: ['completion', 'tools', 'thinking'] as const },
    { ...thinModel('vectors', 50), facts: { ...facts, architecture: 'bert', poolingType: 1 } },
  ],
  gpus: [{ totalBytes: 4 * GIB }],
  speed: 1_000,
};
/** In CI; a whole run has some 2,500: `PROBES=9999 npx vitest run test/gateway/ollama-inference.differential.test.ts`. */
const PROBES = Number(process.env.PROBES ?? 400);

const isInference = ({ path }: Probe) => /^\/api\/(generate|chat|embed)/.test(path);

/** Of more than the usual 4,096 tokens, and of more than the 8,192 for which the models were trained. */
const LONG_PROMPTS: readonly Probe[] = [5_000, 20_000].flatMap((tokens) => {
  const text = 'word'.repeat(tokens);
  const options = { num_predict: 1 };
  const asked = { model: MODELS.completion, stream: false, options };
  return [
    {
      method: 'POST',
      path: '/api/chat',
      body: JSON.stringify({ ...asked, messages: [{ role: 'user', content: text }] }),
    },
    { method: 'POST', path: '/api/generate', body: JSON.stringify({ ...asked, prompt: text }) },
  ];
});

/** Each is argued in docs/drop-in.md. */
const ARGUED: Readonly<Record<string, (difference: Difference) => boolean>> = {
  'images for a model that does not see are refused': ({ probe, b }) =>
    /"images"/.test(probe.body ?? '') && (b.includes('does not support vision') || b === '400'),
  'no prompt is cut unasked: it runs in a larger context, or is refused': ({ probe, what, b }) =>
    LONG_PROMPTS.includes(probe) && (what === 'body' || b === '400'),
};

test('the gateway answers as the server itself', async () => {
  await using world = await gatewayWorld({ ollama: WORLD });
  const direct = await runVirtualOllama(WORLD);
  try {
    const probes = someProbes(MODELS, Number.POSITIVE_INFINITY, 7).filter(isInference).slice(0, PROBES);
    const differences = await compare(direct.url, world.url, [...probes, ...LONG_PROMPTS]);
    const unargued = differences.filter((each) => !Object.values(ARGUED).some((holds) => holds(each)));
    expect(unargued.map(tellDifference)).toEqual([]);
  } finally {
    await direct.stop();
  }
});
