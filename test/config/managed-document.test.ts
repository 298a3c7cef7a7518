/** docs/managed.md against what it is about. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MEASURED_GAIN } from '../../src/cli/doctor/doctor-mode.ts';
import { loadConfig } from '../../src/config/load.ts';
import { keysAt } from '../../src/config/source.ts';

const document = await readFile(new URL('../../docs/managed.md', import.meta.url), 'utf8');
const configuration = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

/** Cells of the rows of the table whose head starts with `first`. */
function table(text: string, first: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => new RegExp(`^\\| ${first} +\\|`).test(line));
  const rest = lines.slice(start + 2);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(0, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('every example is a configuration', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'managed-document-'));
  try {
    const examples = [...document.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
    const modes = [];
    for (const yaml of examples) {
      await writeFile(join(folder, 'vramkeeper.yaml'), yaml);
      const { backends, ollama } = await loadConfig({}, { env: {}, cwd: folder, home: folder });
      modes.push([
        backends.map(({ name, managed }) => [name, managed != null]),
        ollama.managed.managed.warmCells,
      ]);
    }
    expect(modes).toEqual([
      [[['rig', true]], 1],
      [[['ollama', false]], 2],
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('every setting of a managed backend is in its tables', () => {
  const known = keysAt(['managed']).map((key) => `\`${key}\``);
  expect(known.length).toBeGreaterThan(5);
  for (const text of [document, configuration.slice(configuration.indexOf('### Managed'))])
    expect(table(text, 'key').map(([key]) => key)).toEqual(known);
});

test('what the doctor and the README promise is what was measured', async () => {
  const rows = table(document, 'jobs').map((row) => ({
    isBacklog: row[0]?.startsWith('backlog'),
    seconds: row.slice(1, 4).map(Number.parseFloat),
    meanSeconds: row.slice(4, 7).map(Number.parseFloat),
  }));
  const range = (factors: readonly number[]) =>
    `${Math.min(...factors).toFixed(1)} to ${Math.max(...factors).toFixed(1)}`;
  const factor = ([, attached = 0, managed = 0]: readonly number[]) => attached / managed;
  const backlog = range(rows.filter((row) => row.isBacklog).map((row) => factor(row.seconds)));
  const arrivals = range(rows.filter((row) => !row.isBacklog).map((row) => factor(row.meanSeconds)));
  expect(MEASURED_GAIN).toEqual({ backlog, arrivals });
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  for (const text of [document, readme]) {
    expect(text).toContain(`${backlog} times as fast`);
    expect(text).toContain(`${arrivals} times as`);
  }
});
