import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BackendConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';

const DOCUMENT = new URL('../../docs/deployments.md', import.meta.url);

/** The settings of each section, by its heading. */
async function examples(): Promise<readonly { readonly section: string; readonly yaml: string }[]> {
  const sections = (await readFile(DOCUMENT, 'utf8')).split(/^## /m).slice(1);
  return sections.flatMap((section) =>
    [...section.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => ({
      section: section.split('\n')[0] ?? '',
      yaml: match[1] ?? '',
    })),
  );
}

async function load(yaml: string) {
  const folder = await mkdtemp(join(tmpdir(), 'deployments-'));
  try {
    await writeFile(join(folder, 'vramkeeper.yaml'), yaml);
    return await loadConfig({}, { env: {}, cwd: folder, home: folder });
  } finally {
    await rm(folder, { recursive: true });
  }
}

const gpusOf = ({ gpus }: BackendConfig) =>
  gpus === 'auto' ? gpus : gpus.map((gpu) => `${gpu.probe}${'index' in gpu ? ` ${gpu.index ?? 'all'}` : ''}`);

test('every example of docs/deployments.md is a configuration, with the backends and GPUs that its section is about', async () => {
  const found = [];
  for (const { section, yaml } of await examples()) {
    const { backends } = await load(yaml);
    found.push([
      section,
      backends.map((backend) => [backend.managed ? backend.url : new URL(backend.url).host, gpusOf(backend)]),
    ]);
  }
  expect(found).toEqual([
    ['One GPU, one Ollama', [['127.0.0.1:11434', ['nvidia all']]]],
    ['Managed: a process for every model', [['managed:rig', ['nvidia all']]]],
    ['One Ollama over several GPUs', [['127.0.0.1:11434', ['nvidia 0', 'nvidia 1']]]],
    [
      'One Ollama for each GPU',
      [
        ['127.0.0.1:11434', ['nvidia 0']],
        ['127.0.0.1:11435', ['nvidia 1']],
      ],
    ],
    [
      'Several hosts',
      [
        ['127.0.0.1:11434', ['nvidia all']],
        ['10.0.0.11:11434', ['prometheus all']],
        ['10.0.0.12:11434', ['prometheus all']],
        ['10.0.0.13:11434', ['fixed 0']],
      ],
    ],
    [
      'Several hosts',
      [
        ['10.0.0.11:11434', ['prometheus 0']],
        ['10.0.0.11:11435', ['prometheus 1']],
      ],
    ],
    ['AMD', [['127.0.0.1:11434', ['amd 0']]]],
    ['Unified memory: Apple, DGX Spark, Jetson, Ryzen AI', [['127.0.0.1:11434', ['fixed 0']]]],
    [
      'MIG',
      [
        ['127.0.0.1:11434', ['nvidia 0']],
        ['127.0.0.1:11435', ['nvidia 1']],
      ],
    ],
    ['No GPU', [['127.0.0.1:11434', ['none']]]],
  ]);
});
