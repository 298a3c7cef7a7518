import { type JobResult, type OutputPart, type TokenUsage, textOf } from '../../domain/job.ts';
import type { JobOutput } from '../../domain/store.ts';
import { builder } from '../builder.ts';
import { DoneReasonEnum } from './enums.ts';

type ResultOf<Kind extends JobResult['kind']> = Extract<JobResult, { readonly kind: Kind }>;

/** A text result is spread over two records: how it ended, and the text itself. */
type TextResult = ResultOf<'text'> & { readonly output: readonly OutputPart[] };

/** Null when the job was forgotten meanwhile, or has not ended with a result. */
export function resultOf(found: JobOutput | null): TextResult | ResultOf<'embed'> | null {
  const result = found?.result ?? null;
  if (found === null || result === null) return null;
  return result.kind === 'text' ? { ...result, output: found.output } : result;
}

const TokenUsageRef = builder.objectRef<TokenUsage>('TokenUsage').implement({
  description: 'What a run took, as the backend counted it.',
  fields: (t) => ({
    completionTokens: t.exposeInt('completionTokens', {
      description: 'Tokens produced; 0 for an embedding.',
    }),
    evalDuration: t.expose('evalDurationMs', {
      type: 'Milliseconds',
      description: 'Time spent on producing them.',
    }),
    loadDuration: t.expose('loadDurationMs', {
      type: 'Milliseconds',
      description: 'Time that the backend spent on having the model ready.',
    }),
    promptTokens: t.exposeInt('promptTokens', { description: 'Tokens read.' }),
  }),
});

const TextResultRef = builder.objectRef<TextResult>('TextResult').implement({
  description: 'What a `GENERATE` or `CHAT` job produced.',
  fields: (t) => ({
    doneReason: t.expose('doneReason', { type: DoneReasonEnum }),
    raw: t.expose('raw', { type: 'JSON', description: 'The final record as the backend gave it.' }),
    text: t.string({ description: 'The whole answer.', resolve: (result) => textOf(result.output, 'TEXT') }),
    thinking: t.string({
      nullable: true,
      description: 'What the model thought before; null when it did not.',
      resolve: (result) => textOf(result.output, 'THINKING') || null,
    }),
    toolCalls: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'The calls of tools that the model asks for, as the backend gave them; null when there are none.',
      resolve: (result) => result.toolCalls,
    }),
    usage: t.expose('usage', { type: TokenUsageRef }),
  }),
});

const EmbedResultRef = builder.objectRef<ResultOf<'embed'>>('EmbedResult').implement({
  description: 'What an `EMBED` job produced.',
  fields: (t) => ({
    dimensions: t.int({
      description: 'The length of each vector.',
      resolve: (result) => result.embeddings[0]?.length ?? 0,
    }),
    embeddings: t.field({
      type: t.listRef(t.listRef('Float')),
      description: 'One vector for each input, in the same order.',
      resolve: (result) => result.embeddings,
    }),
    usage: t.expose('usage', { type: TokenUsageRef }),
  }),
});

export const JobResultRef = builder.unionType('JobResult', {
  description: 'What a job produced: text, or vectors.',
  types: [EmbedResultRef, TextResultRef],
  resolveType: (result) => (result.kind === 'text' ? TextResultRef : EmbedResultRef),
});
