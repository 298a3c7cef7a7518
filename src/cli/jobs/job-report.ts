/** What became of jobs, for people. */
import type { Clock } from '../../clock.ts';
import { inCommandWords } from '../terminal/command-words.ts';
import { type Fact, factLines } from '../terminal/facts.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { between, relative, shortRelative } from '../terminal/when.ts';
import { wrapped } from '../terminal/wrapped.ts';
import type { ShownJob } from './api-calls.ts';

type Style = Parameters<Terminal['style']>[0];

const STATUS_STYLES: Readonly<Record<string, Style>> = {
  PENDING: 'gray',
  QUEUED: 'yellow',
  RUNNING: 'cyan',
  COMPLETE: 'green',
  FAILED: 'red',
  CANCELLED: 'magenta',
};

export function statusText(status: string, terminal: Terminal): string {
  const style = STATUS_STYLES[status];
  return style ? terminal.style(style, status) : status;
}

/** The text of a result; of embeddings only what they are like, since nobody reads a thousand figures. */
export function resultText(job: ShownJob): string {
  const { result } = job;
  if (!result) return job.failure ? `${job.failure.code}: ${job.failure.message}` : '';
  if (result.__typename === 'EmbedResult')
    return `${result.count} embedding${result.count === 1 ? '' : 's'} of ${result.dimensions} dimensions`;
  const calls = result.toolCalls ? `\n${JSON.stringify(result.toolCalls, null, 2)}` : '';
  return `${result.text.trimEnd()}${calls}`;
}

/** What a person must know who reads the result of a prompt that was cut; null when it was not. */
export function cutNote({ result }: ShownJob): string | null {
  if (!result?.truncated) return null;
  const what = result.__typename === 'EmbedResult' ? 'A text' : 'The prompt';
  return `${what} was cut to the model's context of ${result.contextLength} tokens; with truncate false it would be refused.`;
}

/** One finished job of several: a line about it, then its result. */
export function resultBlock(job: ShownJob, place: string, terminal: Terminal): string {
  const spent = between(job.startedAt, job.finishedAt);
  const head = `${place} ${job.modelName} ${statusText(job.status, terminal)} in ${spent}  ${job.id}`;
  const line = wrapped(`${terminal.style('bold', '──')} ${head}`, terminal.columns, 3);
  return `${line}\n${resultText(job)}\n`;
}

/** Everything about one job. */
export function jobReport(job: ShownJob, terminal: Terminal, clock: Clock): string {
  const facts: Fact[] = [
    ['Job', job.id],
    ['Status', statusText(job.status, terminal)],
    ['Model', job.modelName],
    ['Kind', job.kind],
    ['Priority', job.priority],
    ['Client', job.client],
    ['Batch', job.batch ? `${job.batch.id}${job.batch.name ? ` (${job.batch.name})` : ''}` : null],
    ['Labels', job.labels.map((label) => `${label.key}=${label.value}`).join(', ')],
    ['Metadata', job.metadata ? JSON.stringify(job.metadata) : null],
    ['Submitted', relative(job.createdAt, clock)],
    ['Deadline', job.deadline ? relative(job.deadline, clock) : null],
    ['Backend', job.backend?.name],
    ['Waited', job.startedAt ? between(job.createdAt, job.startedAt) : null],
    ['Ran', job.startedAt && job.finishedAt ? between(job.startedAt, job.finishedAt) : null],
    ...waitingFacts(job, clock),
    ['Failure', job.failure ? `${job.failure.code}: ${job.failure.message}` : null],
    ['Tokens', usageText(job)],
    ['Cost', job.result?.usage.cost?.toPrecision(3)],
  ];
  const attempts = job.attempts.some((attempt) => attempt.failure)
    ? `\n\n${attemptTable(job, terminal, clock)}`
    : '';
  const result = job.result ? `\n\n${resultText(job)}` : '';
  return `${factLines(facts, terminal)}${attempts}${result}`;
}

function waitingFacts(job: ShownJob, clock: Clock): Fact[] {
  const ends: Fact = ['Ends', job.expectedEndAt ? relative(job.expectedEndAt, clock) : null];
  if (!job.waiting) return [ends];
  const { reason, explanation } = job.waiting;
  return [
    ['Place', job.queuePosition == null ? null : `${job.queuePosition + 1} in the queue`],
    ['Waits', `${reason}: ${inCommandWords(explanation)}`],
    ['Starts', job.expectedStartAt ? relative(job.expectedStartAt, clock) : null],
    ends,
  ];
}

/** Why each failed stands below it, as long as it is. */
function attemptTable(job: ShownJob, terminal: Terminal, clock: Clock): string {
  const [head = '', ...lines] = fittedTable(
    [{ head: 'ATTEMPT', right: true }, { head: 'BACKEND', least: 8 }, { head: 'STARTED' }, { head: 'TOOK' }],
    job.attempts.map((attempt) => [
      String(attempt.number),
      attempt.backendName,
      { long: relative(attempt.startedAt, clock), short: shortRelative(attempt.startedAt, clock) },
      between(attempt.startedAt, attempt.finishedAt),
    ]),
    terminal.columns,
  ).split('\n');
  const reasons = job.attempts.map(({ failure }) =>
    failure ? [wrapped(`  ${failure.code}: ${failure.message}`, terminal.columns, 2)] : [],
  );
  return [head, ...lines.flatMap((line, i) => [line, ...(reasons[i] ?? [])])].join('\n');
}

function usageText(job: ShownJob): string | null {
  const usage = job.result?.usage;
  return usage ? `${usage.promptTokens} in, ${usage.completionTokens} out` : null;
}
