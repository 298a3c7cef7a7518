/** Recorded jobs as a workload: what the record does not tell is drawn, and said. */
import { seededRandom } from '../../clock.ts';
import { Draws, zipf } from './draws.ts';
import { drawnPriority, mostCardBytes, ONE_CLIENT, type WorkloadSettings } from './generated.ts';
import { drawnModels, plainModel } from './model-sizes.ts';
import type { TraceJob } from './trace.ts';
import { type JobDraft, numbered, type SimulatedModel, type Workload } from './workload.ts';

/** Of one request alone. */
const PROMPT_TOKENS_PER_SECOND = 2_000;
const TOKENS_PER_SECOND = 100;

export function workMsOf({
  promptTokens,
  outputTokens,
}: Pick<TraceJob, 'promptTokens' | 'outputTokens'>): number {
  return (1_000 * promptTokens) / PROMPT_TOKENS_PER_SECOND + (1_000 * outputTokens) / TOKENS_PER_SECOND;
}

/**
 * @param known models whose sizes are known beside those that the record tells
 * @param settings of what is drawn; of its jobs the first `jobs`
 */
export function recordedWorkload(
  name: string,
  trace: readonly TraceJob[],
  settings: WorkloadSettings,
  seed: number,
  known: readonly SimulatedModel[] = [],
): Workload {
  const draws = new Draws(seededRandom(seed));
  const rows = trace.slice(0, settings.jobs);
  const named = [...new Set(rows.flatMap(({ model }) => model ?? []))];
  const drawn = rows.some(({ model }) => model === null) ? settings.models : 0;
  const sizes = drawnModels(drawn + named.length, draws, mostCardBytes(settings.machine));
  const others = sizes.slice(0, drawn);
  const models = [
    ...others,
    ...named.map((each, i) => sizeOf(each, rows, known) ?? plainModel(each, sizes[drawn + i]?.bytes ?? 0)),
  ];
  const weights = zipf(others.length, settings.zipf);
  const drafts = rows.map(
    (row): JobDraft => ({
      model: row.model ?? others[draws.weighted(weights)]?.name ?? '',
      client: row.client ?? ONE_CLIENT,
      priority: row.priority ?? drawnPriority(settings, draws),
      workMs: row.workMs ?? Math.max(1, workMsOf(row)),
      arrivalMs: row.arrivalMs,
      after: null,
    }),
  );
  const unsized = named.filter((each) => sizeOf(each, rows, known) === null);
  return { name, models, jobs: numbered(drafts), note: noteOn(others, unsized, seed) };
}

function sizeOf(
  name: string,
  rows: readonly TraceJob[],
  known: readonly SimulatedModel[],
): SimulatedModel | null {
  const bytes = rows.find(({ model, modelBytes }) => model === name && modelBytes !== null)?.modelBytes;
  if (bytes !== undefined && bytes !== null) return plainModel(name, bytes);
  return known.find((model) => model.name === name) ?? null;
}

function noteOn(drawn: readonly SimulatedModel[], unsized: readonly string[], seed: number): string | null {
  const said = [
    ...(drawn.length > 0
      ? [`Jobs without a model were given one of ${drawn.length} by chance, from seed ${seed} on.`]
      : []),
    ...(unsized.length > 0
      ? [`What these models take was drawn, as nothing tells it: ${unsized.join(', ')}.`]
      : []),
  ];
  return said.length === 0 ? null : said.join(' ');
}
