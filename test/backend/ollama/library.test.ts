import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { showFacts } from '../../../src/backend/ollama/show-facts.ts';
import { showAnswer } from '../../../src/backend/ollama/wire.ts';
import { eventually } from '../../support/eventually.ts';
import { httpServer, json, type RawServer } from './raw-server.ts';
import { attached, NEVER } from './worlds.ts';

const digest = (letter: string) => letter.repeat(64);

interface Card {
  readonly name: string;
  readonly digest: string;
  readonly show?: Record<string, unknown>;
  readonly tags?: Record<string, unknown>;
}

/** An Ollama that has these models; a model without `show` cannot be shown. */
function libraryServer(cards: () => readonly Card[]): Promise<RawServer> {
  return httpServer((request, response) => {
    if (request.path === '/api/tags') {
      const models = cards().map((card) => ({
        name: card.name,
        digest: card.digest,
        size: 1000,
        ...card.tags,
      }));
      return json(response, 200, { models });
    }
    const card = cards().find((candidate) => candidate.name === request.body.model);
    return card?.show ? json(response, 200, card.show) : json(response, 500, { error: 'unexpected EOF' });
  });
}

const shows = (server: RawServer) => server.requests.filter((request) => request.path === '/api/show').length;

function llama(blob: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    modelfile: `# FROM x\nFROM /models/blobs/sha256-${blob}\nTEMPLATE {{ .Prompt }}\n`,
    capabilities: ['completion', 'tools', 'telepathy'],
    model_info: { 'general.architecture': 'llama', 'llama.block_count': 16, 'llama.context_length': 8192 },
    ...extra,
  };
}

describe('the models of a server', () => {
  test('are told with their facts', async () => {
    const card = {
      name: 'Qwen3',
      digest: digest('a'),
      tags: { details: { family: 'qwen3', parameter_size: '8.2B', quantization_level: 'Q4_K_M' } },
      show: llama(digest('b'), {
        parameters: 'stop    "<|eot|>"\nnum_ctx                        16384\ntop_k 20',
      }),
    };
    await using server = await libraryServer(() => [card]);
    await using backend = attached(server.url);
    expect(await backend.library.list(NEVER)).toEqual([
      {
        name: 'qwen3:latest',
        digest: digest('a'),
        weights: digest('b'),
        diskBytes: 1000,
        family: 'qwen3',
        parameterSize: '8.2B',
        quantization: 'Q4_K_M',
        contextLength: 8192,
        defaultContextLength: 16384,
        capabilities: ['completion', 'tools'],
        facts: { architecture: 'llama', blockCount: 16, other: { 'llama.context_length': 8192 } },
      },
    ]);
  });

  test('cost nothing when they have not changed, and one question each when they have', async () => {
    let cards: readonly Card[] = [
      { name: 'a:1', digest: digest('a'), show: llama(digest('1')) },
      { name: 'alias:1', digest: digest('a'), show: llama(digest('1')) },
      { name: 'b:1', digest: digest('b'), show: llama(digest('2')) },
    ];
    await using server = await libraryServer(() => cards);
    await using backend = attached(server.url);
    await backend.library.list(NEVER);
    await backend.library.list(NEVER);
    expect(shows(server)).toBe(2);
    cards = [...cards.slice(0, 2), { name: 'b:1', digest: digest('c'), show: llama(digest('3')) }];
    expect((await backend.library.list(NEVER)).map((model) => model.weights)).toEqual([
      digest('1'),
      digest('1'),
      digest('3'),
    ]);
    expect(shows(server)).toBe(3);
  });

  test('stay listed when one cannot be shown, and that one is asked about again', async () => {
    let cards: readonly Card[] = [
      { name: 'good:1', digest: digest('a'), show: llama(digest('1')) },
      { name: 'bad:1', digest: digest('b'), tags: { capabilities: ['embedding'] } },
    ];
    await using server = await libraryServer(() => cards);
    await using backend = attached(server.url);
    const [good, bad] = await backend.library.list(NEVER);
    expect(good?.facts).not.toBeNull();
    expect(bad).toMatchObject({ weights: digest('b'), facts: null, capabilities: ['embedding'] });
    cards = cards.map((card) => ({ ...card, show: llama(digest('2')) }));
    expect((await backend.library.list(NEVER))[1]).toMatchObject({
      weights: digest('2'),
      facts: { architecture: 'llama' },
    });
  });

  test('leave out those that run elsewhere', async () => {
    const cards = [
      {
        name: 'gpt:120b-cloud',
        digest: digest('a'),
        tags: { remote_host: 'https://ollama.com:443', remote_model: 'gpt' },
      },
      { name: 'here:1', digest: digest('b'), show: llama(digest('1')) },
    ];
    await using server = await libraryServer(() => cards);
    await using backend = attached(server.url);
    expect((await backend.library.list(NEVER)).map((model) => model.name)).toEqual(['here:1']);
  });

  test('are asked about a few at a time', async () => {
    let open = 0;
    let asked = 0;
    let most = 0;
    await using server = await httpServer(async (request, response) => {
      const models = Array.from({ length: 30 }, (_, i) => ({
        name: `m:${i}`,
        digest: `${i}`.padStart(64, '0'),
        size: 1,
      }));
      if (request.path === '/api/tags') return json(response, 200, { models });
      if (request.path === '/later') return json(response, 200, {});
      open += 1;
      asked += 1;
      most = Math.max(most, open);
      await eventually(() => open >= 4 || asked === 30);
      // A fifth that had been sent with these would be here before what is asked now.
      await (await fetch(`${server.url}/later`)).text();
      open -= 1;
      return json(response, 200, llama(digest('1')));
    });
    await using backend = attached(server.url);
    expect(await backend.library.list(NEVER)).toHaveLength(30);
    expect(most).toBeLessThanOrEqual(4);
  });
});

describe('what show tells', () => {
  const facts = (show: Record<string, unknown>) => showFacts(showAnswer.parse(show));

  test('names the weights by every blob that is loaded: weights, projector and adapters', () => {
    const modelfile = [
      '# FROM llava:latest',
      `FROM C:\\models\\blobs\\sha256-${digest('1')}`,
      `FROM /root/.ollama/models/blobs/sha256-${digest('2')}`,
      `ADAPTER /root/.ollama/models/blobs/sha256-${digest('3')}`,
      'SYSTEM """FROM here on be nice"""',
    ].join('\n');
    expect(facts({ modelfile }).weights).toBe([digest('1'), digest('2'), digest('3')].join('+'));
  });

  test('names no weights when the Modelfile names no blob', () => {
    expect(facts({ modelfile: 'FROM somewhere' }).weights).toBeNull();
  });

  test('tells an embedding model of a server that tells no capabilities by its pooling', () => {
    const info = { 'general.architecture': 'bert' };
    expect(facts({ model_info: { ...info, 'bert.pooling_type': 1 } }).capabilities).toEqual(['embedding']);
    expect(facts({ model_info: info }).capabilities).toEqual(['completion']);
  });

  test.each(['v0.24.0', 'v0.33.0-rc2'])('is read from an answer recorded from %s', (version) => {
    const file = new URL(`../../fixtures/recordings/${version}.jsonl`, import.meta.url);
    const recorded = new Map(
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { readonly name: string; readonly body: string })
        .map((record) => [record.name, record.body]),
    );
    // The recordings keep the beginning of long answers; what is cut off are the tensors and what follows them.
    const recordedFacts = (name: string) => {
      const body = recorded.get(name) ?? '';
      return facts(JSON.parse(body.length < 6000 ? body : `${body.split(',"tensors":')[0]}}`));
    };
    const completion = recordedFacts('show');
    expect(completion).toMatchObject({
      weights: expect.stringMatching(/^[0-9a-f]{64}$/),
      contextLength: 4096,
      defaultContextLength: null,
    });
    expect(completion.facts).toMatchObject({
      architecture: 'llama',
      blockCount: 15,
      headCount: 8,
      headCountKv: 8,
      embeddingLength: 256,
    });
    expect(completion.facts?.other['llama.vocab_size']).toBe(512);
    const alias = recordedFacts('show alias');
    expect(alias).toMatchObject({ weights: completion.weights, defaultContextLength: 1024 });
    expect(recordedFacts('show embed').capabilities).toEqual(['embedding']);
  });
});
