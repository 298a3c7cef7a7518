/** What it would mean to queue jobs together now: the scheduler's forecast with them in it, in words. */
import type { BatchPreview, OutlinedJob, QueuePreview } from '../domain/batch-preview.ts';
import type { InstanceStatus } from '../domain/instance.ts';
import { greatest, least } from '../domain/long-lists.ts';
import { parseQueueKey, type QueueKey } from '../domain/queue-key.ts';
import { formatDuration } from '../domain/units.ts';
import { serves } from '../scheduler/decide/snapshot.ts';
import type { QueueForecast } from '../scheduler/forecast/batch-forecast.ts';
import type { ComingJobs } from '../scheduler/forecast/more-jobs.ts';
import { estimateMs } from '../scheduler/runs/work-estimate.ts';
import { type ExplainSources, explainQueue, optionsOf } from './explain-job.ts';

type Sources = Omit<ExplainSources, 'promises' | 'tellsHopeless'>;

/** @param jobs in the order in which they are to be queued; at least one */
export function previewBatch(sources: Sources, client: string, jobs: readonly OutlinedJob[]): BatchPreview {
  const groups = [...Map.groupBy(jobs, ({ queue, priority }) => `${queue}\0${priority}`).values()];
  const coming = groups.flatMap((alike) => comingOf(sources, client, alike));
  const { queues, unloads } = sources.loop.forecasts.ofBatch(client, coming);
  const previews = [...Map.groupBy(queues, (one) => one.coming.queue)].map(([queue, parts]) =>
    queuePreview(sources, queue, parts),
  );
  previews.sort(
    (a, b) => (a.expectedEnd ?? Number.POSITIVE_INFINITY) - (b.expectedEnd ?? Number.POSITIVE_INFINITY) || 0,
  );
  const starts = previews.flatMap(({ expectedStart }) => expectedStart ?? []);
  const ends = previews.map(({ expectedEnd }) => expectedEnd);
  const whole = {
    queues: previews,
    unloads,
    loads: previews.reduce((sum, { loads }) => sum + loads, 0),
    expectedStart: starts.length === 0 ? null : least(starts),
    expectedEnd: ends.every((end) => end !== null) ? greatest(ends) : null,
  };
  return { ...whole, explanation: explanationOf(whole, sources.clock.now()) };
}

/** Jobs of one queue and one priority. */
function comingOf(sources: Sources, client: string, alike: readonly OutlinedJob[]): readonly ComingJobs[] {
  const [first] = alike;
  if (!first) return [];
  const { queue, priority } = first;
  const weights = optionsOf(sources, queue)[0]?.variant.weights;
  const eachMs = alike.flatMap(({ size }) =>
    weights === undefined ? [] : (estimateMs(sources.loop.state.work, { weights, client, size }) ?? []),
  );
  const known = eachMs.length === alike.length;
  const runMs = Math.round(eachMs.reduce((sum, ms) => sum + ms, 0) / alike.length);
  return [{ queue, priority, count: alike.length, ...(known && { runMs }) }];
}

function queuePreview(sources: Sources, queue: QueueKey, parts: readonly QueueForecast[]): QueuePreview {
  const options = optionsOf(sources, queue);
  const stands = (status: InstanceStatus) =>
    sources.loop.state.instances
      .values()
      .some((one) => one.status === status && options.some((option) => serves(one, option)));
  const inMemory = stands('READY');
  const starts = parts.flatMap(({ start }) => start ?? []);
  const ends = parts.map(({ coming, lastStart }) =>
    lastStart === null || coming.runMs === undefined ? null : Math.round(lastStart + coming.runMs),
  );
  const expectedEnd = ends.every((end) => end !== null) ? greatest(ends) : null;
  const { model: modelName } = parseQueueKey(queue);
  return {
    queue,
    modelName,
    jobs: parts.reduce((sum, { coming }) => sum + coming.count, 0),
    inMemory,
    loads: greatest([inMemory || stands('LOADING') ? 0 : 1, ...parts.map(({ loads }) => loads)]),
    expectedStart: starts.length === 0 ? null : Math.round(least(starts)),
    expectedEnd,
    problem: expectedEnd === null ? problemOf(sources, queue, parts) : null,
  };
}

function problemOf(sources: Sources, queue: QueueKey, parts: readonly QueueForecast[]): string {
  const { model } = parseQueueKey(queue);
  if (parts.some(({ coming }) => coming.runMs === undefined)) return unknownOf([model]);
  const { state } = sources.loop;
  if (state.paused) return 'The scheduler is paused: nothing starts until it is resumed.';
  return (
    explainQueue(sources, queue)?.explanation ?? 'It is too far off to be foreseen: others wait before it.'
  );
}

function explanationOf(preview: Omit<BatchPreview, 'explanation'>, now: number): string {
  const { queues, loads, unloads, expectedStart, expectedEnd } = preview;
  const jobs = queues.reduce((sum, one) => sum + one.jobs, 0);
  const models = new Set(queues.map(({ modelName }) => modelName)).size;
  const about = `${counted(jobs, 'job')} on ${counted(models, 'model')}`;
  const least = expectedEnd === null ? 'at least ' : '';
  const moves = loads === 0 ? 'nothing has to be loaded' : `${least}${counted(loads, 'load')}`;
  const after = (at: number) => (at - now < 1_000 ? 'at once' : `in about ${formatDuration(at - now)}`);
  const start = expectedStart === null ? [] : [`The first should start ${after(expectedStart)}.`];
  const end = expectedEnd === null ? [] : [`The last should be done ${after(expectedEnd)}.`];
  const room =
    unloads.length === 0 ? [] : [`${unloads.join(', ')} ${unloads.length === 1 ? 'makes' : 'make'} room.`];
  const unknown = queues.filter(({ modelName, problem }) => problem === unknownOf([modelName]));
  const names = [...new Set(unknown.map(({ modelName }) => modelName))];
  const others = queues.filter((one) => !unknown.includes(one));
  const problems = [
    ...(names.length === 0 ? [] : [unknownOf(names)]),
    ...new Set(others.flatMap(({ problem }) => problem ?? [])),
  ];
  return [`${about}: ${moves}.`, ...room, ...start, ...end, ...problems].join(' ');
}

function unknownOf(models: readonly string[]): string {
  const [last] = models.slice(-1);
  const names = models.length < 2 ? last : `${models.slice(0, -1).join(', ')} or ${last}`;
  return `No job of ${names} has ended yet: nobody knows how long one takes.`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
