/** Models in the words of Ollama: instants, processors, sections. */
import { expect, test } from 'vitest';
import { modelSections, sectionText } from '../../src/cli/models/model-sections.ts';
import { processorText } from '../../src/cli/models/ps.ts';
import { humanTime } from '../../src/cli/terminal/human-time.ts';
import { widthOf } from '../../src/cli/terminal/text.ts';
import { VirtualClock } from '../../src/clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// As Ollama's own `format.HumanTime` writes them.
test.each([
  [0, 'Less than a second ago'],
  [1_000, '1 second ago'],
  [59_000, '59 seconds ago'],
  [MINUTE, 'About a minute ago'],
  [4.5 * MINUTE, '4 minutes ago'],
  [HOUR, 'About an hour ago'],
  [47 * HOUR, '47 hours ago'],
  [2 * DAY, '2 days ago'],
  [15 * DAY, '2 weeks ago'],
  [70 * DAY, '2 months ago'],
  [800 * DAY, '2 years ago'],
  [-4.5 * MINUTE, '4 minutes from now'],
  [-292 * 365 * DAY, 'Forever'],
])('an instant %i ms ago is "%s"', (agoMs, text) => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  expect(humanTime(clock.now() - agoMs, clock)).toBe(text);
  expect(humanTime(new Date(clock.now() - agoMs).toISOString(), clock)).toBe(text);
});

test('what has no instant has a dash', () => {
  expect(humanTime(null, new VirtualClock(0))).toBe('-');
});

test.each([
  [100, 100, '100% GPU'],
  [100, 0, '100% CPU'],
  [100, 52, '48%/52% CPU/GPU'],
  [3_000, 1, '100%/0% CPU/GPU'],
  [100, 101, 'Unknown'],
])('of %i bytes, %i on GPUs are "%s"', (bytes, gpuBytes, text) => {
  expect(processorText({ bytes, gpuBytes })).toBe(text);
});

const MODEL = {
  name: 'see:7b',
  digest: 'd',
  diskBytes: 1,
  family: 'llama',
  parameterSize: null,
  quantization: 'Q4_0',
  contextLength: 4_096,
  capabilities: ['COMPLETION' as const],
  vramEstimate: null,
  backends: [],
  instances: [],
};

const DETAILS = {
  __typename: 'ModelDetails' as const,
  capabilities: ['completion', 'vision'],
  license: 'Apache License\n\n  Version 2.0\nTERMS\u001b[31m AND CONDITIONS',
  modelInfo: {
    'general.architecture': 'llama',
    'general.parameter_count': 7_241_732_096,
    'llama.context_length': 32_768,
    'llama.embedding_length': 4_096,
    'tokenizer.ggml.tokens': ['<unk>', '<s>', '</s>', 'a', 'b'],
  },
  modelfile: 'FROM x',
  parameters: 'stop                           "[INST] x"\nnum_ctx                        4096\n',
  projectorInfo: {
    'general.architecture': 'clip',
    'general.parameter_count': 311_887_872,
    'clip.vision.embedding_length': 1_024,
    'clip.vision.projection_dim': 768,
  },
  system: `You are ${'very '.repeat(30)}kind.`,
  template: '',
  tensors: [{ name: 'token_embd.weight', type: 'Q4_0', shape: [4_096, 32_000] }],
};

const drawn = (verbose: boolean, columns: number | null) =>
  modelSections(MODEL, DETAILS, verbose)
    .filter(({ rows }) => rows.length > 0)
    .map((section) => sectionText(section, columns))
    .join('\n\n');

test('a model is shown in the sections of Ollama, with the first lines of long texts', () => {
  expect(drawn(false, null).replace(/(very ){30}/, 'very ')).toBe(
    `  Model
    architecture        llama
    parameters          7.2B
    context length      32768
    embedding length    4096
    quantization        Q4_0

  Projector
    architecture        clip
    parameters          312M
    embedding length    1024
    dimensions          768

  Capabilities
    completion
    vision

  Parameters
    stop       "[INST] x"
    num_ctx    4096

  System
    You are very kind.

  License
    Apache License
    Version 2.0
    ...`,
  );
});

test('all of its metadata and its tensors are shown where they are asked for', () => {
  const text = drawn(true, null);
  expect(text).toMatch(/^ {4}tokenizer\.ggml\.tokens +\["<unk>" "<s>" "<\/s>" \.\.\.\+2 more\]$/m);
  expect(text).toMatch(/^ {4}token_embd\.weight {4}Q4_0 {4}\[4096,32000\]$/m);
});

test.each([60, 80])('no line of it is wider than %i columns, and no word is lost', (columns) => {
  const lines = drawn(true, columns).split('\n');
  expect(lines.filter((line) => widthOf(line) > columns)).toEqual([]);
  const words = (text: string) => text.trim().split(/\s+/);
  expect(words(lines.join('\n'))).toEqual(words(drawn(true, null)));
});
