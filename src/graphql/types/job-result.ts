/** Results of jobs, a type for each form; large parts are read when they are asked for. */
import type { GraphQLResolveInfo } from 'graphql';
import type { JobId } from '../../domain/ids.ts';
import type { JobEnding, OutputChannel, TokenUsage } from '../../domain/job.ts';
import type { ResultSizes } from '../../domain/job-leavings.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { RawJson } from '../raw-json.ts';
import { requestError } from '../request-errors.ts';
import { DoneReasonEnum } from './enums.ts';

type EndingOf<Kind extends JobEnding['kind']> = Extract<JobEnding, { readonly kind: Kind }>;

interface Stored {
  readonly id: JobId;
  readonly sizes: ResultSizes;
}
interface TextResult extends Stored {
  readonly kind: 'text';
  readonly ending: EndingOf<'text'>;
  /** Both come from one reading, whoever asks first. */
  texts: Promise<Readonly<Record<OutputChannel, string>> | null> | null;
}
interface EmbedResult extends Stored {
  readonly kind: 'embed';
  readonly ending: EndingOf<'embed'>;
}

const CONTEXT_LENGTH = 'Tokens of the context that it ran in; null in results of older versions.';

/** The most vectors of one answer; a page beyond it would be refused for its bytes anyway. */
const LONGEST_EMBED = 10_000;

/** Null when the job was forgotten meanwhile, or has not ended with a result. */
export async function resultOf(
  id: JobId,
  { loaders, answer }: GraphQLContext,
  info: GraphQLResolveInfo,
): Promise<TextResult | EmbedResult | null> {
  const sizes = await loaders.resultSizes.load(id);
  if (!sizes) return null;
  await answer.take(sizes.ending, info);
  const ending = await loaders.ending.load(id);
  if (!ending) return null;
  return ending.kind === 'text'
    ? { kind: 'text', id, sizes, ending, texts: null }
    : { kind: 'embed', id, sizes, ending };
}

async function textOn(
  channel: OutputChannel,
  result: TextResult,
  { answer, loaders }: GraphQLContext,
  info: GraphQLResolveInfo,
): Promise<string> {
  result.texts ??= answer.take(result.sizes.output, info).then(() => loaders.texts.load(result.id));
  return (await result.texts)?.[channel] ?? '';
}

export const TokenUsageRef = builder.objectRef<TokenUsage>('TokenUsage').implement({
  description: 'What a run took, as the backend counted it.',
  fields: (t) => ({
    cachedPromptTokens: t.exposeInt('cachedPromptTokens', {
      nullable: true,
      description: 'Of the tokens read, those that a provider had in its cache; null where it did not say.',
    }),
    cost: t.exposeFloat('cost', {
      nullable: true,
      description:
        'What the provider takes for it, in the currency of the prices in the settings; null where they give none.',
    }),
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
    promptDuration: t.expose('promptDurationMs', {
      type: 'Milliseconds',
      nullable: true,
      description: 'Time spent on reading the prompt; null where the backend did not say.',
    }),
    promptTokens: t.exposeInt('promptTokens', { description: 'Tokens read.' }),
  }),
});

const TextResultRef = builder.objectRef<TextResult>('TextResult').implement({
  description: 'What a `GENERATE` or `CHAT` job produced.',
  fields: (t) => ({
    bytes: t.field({
      type: 'Bytes',
      description: 'The size of its text and thinking as stored. Told without reading them.',
      resolve: ({ sizes }) => sizes.output,
    }),
    contextLength: t.int({
      nullable: true,
      description: CONTEXT_LENGTH,
      resolve: ({ ending }) => ending.prompt?.contextLength,
    }),
    doneReason: t.field({ type: DoneReasonEnum, resolve: ({ ending }) => ending.doneReason }),
    raw: t.field({
      type: 'JSON',
      description: 'The final record as the backend gave it.',
      resolve: async ({ id, sizes }, _args, { answer, loaders }, info) => {
        await answer.take(sizes.raw, info);
        return new RawJson((await loaders.raw.load(id)) ?? '{}');
      },
    }),
    text: t.string({
      description: 'The whole answer.',
      resolve: (result, _args, context, info) => textOn('TEXT', result, context, info),
    }),
    thinking: t.string({
      nullable: true,
      description: 'What the model thought before; null when it did not.',
      resolve: async (result, _args, context, info) =>
        (await textOn('THINKING', result, context, info)) || null,
    }),
    toolCalls: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'The calls of tools that the model asks for, as the backend gave them; null when there are none.',
      resolve: ({ ending }) => ending.toolCalls,
    }),
    truncated: t.boolean({
      nullable: true,
      description: 'Whether the prompt was cut to the context; null in results of older versions.',
      resolve: ({ ending }) => ending.prompt?.truncated,
    }),
    usage: t.field({ type: TokenUsageRef, resolve: ({ ending }) => ending.usage }),
  }),
});

const EmbedResultRef = builder.objectRef<EmbedResult>('EmbedResult').implement({
  description: 'What an `EMBED` job produced.',
  fields: (t) => ({
    bytes: t.field({
      type: 'Bytes',
      description: 'The size of all vectors as JSON. Told without reading them.',
      resolve: ({ ending }) => ending.bytes,
    }),
    contextLength: t.int({
      nullable: true,
      description: CONTEXT_LENGTH,
      resolve: ({ ending }) => ending.prompt?.contextLength,
    }),
    count: t.int({
      description: 'How many vectors there are: one for each input.',
      resolve: ({ ending }) => ending.count,
    }),
    dimensions: t.int({
      description: 'The length of each vector.',
      resolve: ({ ending }) => ending.dimensions,
    }),
    embeddings: t.field({
      type: ['Vector'],
      description:
        'The vectors, in the order of the inputs, with the numbers as the backend wrote them. All unless `first` and `offset` ' +
        'name a part; one answer carries up to 16 MiB of results.',
      args: {
        first: t.arg.int({ description: `How many; 1 to ${LONGEST_EMBED}.` }),
        offset: t.arg.int({ defaultValue: 0, description: 'The first one to take, from 0.' }),
      },
      resolve: async ({ id, ending }, args, { answer, store }, info) => {
        const { from, count } = partOf(ending.count, args);
        if (count === 0) return [];
        await answer.take(Math.ceil((ending.bytes / ending.count) * count), info);
        const vectors = await store.vectors(id, from, count);
        return vectors.map((vector) => new RawJson(vector));
      },
    }),
    truncated: t.boolean({
      nullable: true,
      description: 'Whether any of the texts was cut to the context; null in results of older versions.',
      resolve: ({ ending }) => ending.prompt?.truncated,
    }),
    usage: t.field({ type: TokenUsageRef, resolve: ({ ending }) => ending.usage }),
  }),
});

/** @throws GraphQLError BAD_USER_INPUT */
function partOf(
  total: number,
  { first, offset }: { readonly first?: number | null; readonly offset?: number | null },
): { readonly from: number; readonly count: number } {
  const from = offset ?? 0;
  if (from < 0) throw requestError('BAD_USER_INPUT', `offset must be at least 0, not ${from}.`);
  if (typeof first === 'number' && (first < 1 || first > LONGEST_EMBED))
    throw requestError('BAD_USER_INPUT', `first must be from 1 to ${LONGEST_EMBED}, not ${first}.`);
  return { from, count: Math.max(0, Math.min(first ?? total, total - from)) };
}

export const JobResultRef = builder.unionType('JobResult', {
  description: 'What a job produced: text, or vectors.',
  types: [EmbedResultRef, TextResultRef],
  resolveType: (result) => (result.kind === 'text' ? TextResultRef : EmbedResultRef),
});
