/** docs/managed.md tells every setting, and its examples are settings. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { managedSchema } from '../../src/config/managed.ts';

const text = await readFile(new URL('../../docs/managed.md', import.meta.url), 'utf8');

test('the table of docs/managed.md has every setting of a managed backend, and no other', () => {
  const [, section = ''] = text.split(/^## Settings$/m);
  const [table = ''] = section.split(/^## /m);
  const keys = [...table.matchAll(/^\| `(\w+)` /gm)].map(([, key]) => key);
  expect(keys.sort()).toEqual(Object.keys(managedSchema.shape).sort());
});

test('its examples are settings that make Ollama managed', async () => {
  const found = [];
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-managed-docs-'));
  try {
    for (const [, yaml = ''] of text.matchAll(/^```yaml\n(.*?)^```$/gms)) {
      await writeFile(join(folder, 'vramkeeper.yaml'), yaml);
      const { backends, ollama } = await loadConfig({}, { env: {}, cwd: folder, home: folder });
      const managed = backends.find((each) => each.managed) ?? ollama.managed;
      found.push(managed.managed ? (ollama.namedBy === null ? 'open' : 'listed') : 'attached');
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  expect(found).toEqual(['listed', 'open']);
});
