/** What a job is made of. The accept service validates the values; the types here only say what they look like. */
import { builder } from '../builder.ts';
import { ChatRoleEnum, JobPriorityEnum, ThinkLevelEnum } from '../types/enums.ts';
import { LabelInput } from './job-list.ts';

const FORMAT = 'The form of the answer: `"json"`, or a JSON Schema that it must meet.';
const TRUNCATE =
  'With `true` a prompt that is longer than the context is cut (of a chat, the oldest messages are left out), and `truncated` of the ' +
  'result says so. Otherwise such a job is refused, or fails, with `CONTEXT_LENGTH_EXCEEDED`.';
const TRUNCATE_TEXTS =
  'With `false` a job with a text that is longer than the context is refused, or fails, with `CONTEXT_LENGTH_EXCEEDED`. Otherwise the text ' +
  'is cut, and `truncated` of the result says so.';
const IMAGES = 'Base64, for models that see.';
const IMAGE_IDS =
  'Images that `storeImage` answered, for models that see; they come after those of `images`, with which they are at most 64.';
const SHIFT =
  'Whether the context moves on when it is full; with `false` an answer ends there, and a prompt that is too long is refused. Where it differs ' +
  'from what the model does by itself (`true` for nearly all) it needs an instance of its own: leave it out where you can.';
const LOGPROBS =
  'Have the server tell how likely each token was. It does so in each record of its answer, of which the last one is kept (`raw`).';
const TOP_LOGPROBS = 'With `logprobs`: how many of the likeliest tokens to tell in each place, 0 to 20.';

export const ModelOptionsInput = builder.inputType('ModelOptionsInput', {
  description: 'How the model is run.',
  fields: (t) => ({
    contextLength: t.int({
      description:
        'Tokens of context, rounded up to a power of two of at least 2,048. Each length needs an instance of its own: leave it out where you ' +
        'can, and the usual one is taken, or one that the prompt fits into.',
    }),
    extra: t.field({
      type: 'JSON',
      description: "An object with further options of Ollama's `options`, passed through.",
    }),
    maxTokens: t.field({
      type: 'Integer',
      description:
        'The most tokens to produce, at least 1; -1, the default of most models, for as many as it likes.',
    }),
    seed: t.field({ type: 'Integer', description: 'The same seed and request give the same answer.' }),
    temperature: t.float({ description: '0 for the likeliest answer; more for variety.' }),
  }),
});

const GenerateRequestInput = builder.inputType('GenerateRequestInput', {
  description: 'Produce the text that follows a prompt.',
  fields: (t) => ({
    context: t.field({
      type: ['Integer'],
      description:
        'Tokens of a conversation to go on with, as `context` of the `raw` result of its last answer.',
    }),
    format: t.field({ type: 'JSON', description: FORMAT }),
    imageIds: t.idList({ description: IMAGE_IDS }),
    images: t.stringList({ description: IMAGES }),
    logprobs: t.boolean({ description: LOGPROBS }),
    options: t.field({ type: ModelOptionsInput }),
    prompt: t.string({ required: true }),
    raw: t.boolean({ description: "Give the prompt to the model as it is, without the model's template." }),
    shift: t.boolean({ description: SHIFT }),
    suffix: t.string({ description: 'What comes after the text to produce, for models that fill in.' }),
    system: t.string({ description: "In place of the model's own system message." }),
    template: t.string({ description: "In place of the model's own template, in the form of Ollama's." }),
    think: t.field({ type: ThinkLevelEnum }),
    topLogprobs: t.int({ description: TOP_LOGPROBS }),
    truncate: t.boolean({ description: TRUNCATE }),
  }),
});

const ChatMessageInput = builder.inputType('ChatMessageInput', {
  description: 'One message of a conversation.',
  fields: (t) => ({
    content: t.string({ required: true }),
    imageIds: t.idList({ description: IMAGE_IDS }),
    images: t.stringList({ description: IMAGES }),
    role: t.field({ type: ChatRoleEnum, required: true }),
    thinking: t.string({ description: 'In a message of the assistant: what it thought before.' }),
    toolCallId: t.string({ description: 'In a message of a tool: which call it answers.' }),
    toolCalls: t.field({
      type: 'JSON',
      description:
        'In a message of the assistant: the calls that it made, as `TextResult.toolCalls` gave them.',
    }),
    toolName: t.string({ description: 'In a message of a tool: which one answers.' }),
  }),
});

const ChatRequestInput = builder.inputType('ChatRequestInput', {
  description: 'Produce the next message of a conversation.',
  fields: (t) => ({
    format: t.field({ type: 'JSON', description: FORMAT }),
    logprobs: t.boolean({ description: LOGPROBS }),
    messages: t.field({ type: [ChatMessageInput], required: true, description: 'Oldest first.' }),
    options: t.field({ type: ModelOptionsInput }),
    shift: t.boolean({ description: SHIFT }),
    think: t.field({ type: ThinkLevelEnum }),
    tools: t.field({ type: ['JSON'], description: 'Tool definitions, as Ollama takes them.' }),
    topLogprobs: t.int({ description: TOP_LOGPROBS }),
    truncate: t.boolean({ description: TRUNCATE }),
  }),
});

const EmbedRequestInput = builder.inputType('EmbedRequestInput', {
  description: 'Produce a vector for each text.',
  fields: (t) => ({
    dimensions: t.int({ description: 'Shorten the vectors to this length, where the model can.' }),
    input: t.stringList({ required: true, description: 'The texts.' }),
    options: t.field({ type: ModelOptionsInput }),
    truncate: t.boolean({ description: TRUNCATE_TEXTS }),
  }),
});

const JobRequestInput = builder.inputType('JobRequestInput', {
  isOneOf: true,
  description: 'What to run: exactly one of these.',
  fields: (t) => ({
    chat: t.field({ type: ChatRequestInput }),
    embed: t.field({ type: EmbedRequestInput }),
    generate: t.field({ type: GenerateRequestInput }),
  }),
});

const IDEMPOTENCY_KEY =
  'Up to 128 characters. The same key with the same input within 24 hours returns what was queued first; with different input ' +
  'it is an `IdempotencyConflictError`.';

const FallbackInput = builder.inputType('FallbackInput', {
  description: 'Models that may do a job in place of the one that it names.',
  fields: (t) => ({
    after: t.field({
      type: 'Milliseconds',
      description:
        'How long the job would wait, from its submission on: where a model should start it later by the forecast, the next one that should start it sooner does it. ' +
        'Without it only where the model before it is gone, or could not do it.',
    }),
    models: t.stringList({
      required: true,
      description: 'The most liked first, at most 8; each as in `model`.',
    }),
  }),
});

export const SubmitJobInput = builder.inputType('SubmitJobInput', {
  description: 'A job to be queued.',
  fields: (t) => ({
    cache: t.boolean({
      description:
        'Whether its answer may be that of a job that asked the same: of vectors, and of texts with a `temperature` of 0 and a `seed`, where the server has a cache. Without it as its settings have it.',
    }),
    deadline: t.field({ type: 'DateTime', description: 'Give up if it is not finished by then.' }),
    fallback: t.field({ type: FallbackInput, description: 'Other models that will do.' }),
    idempotencyKey: t.string({
      description: `${IDEMPOTENCY_KEY} Not in a batch, which has a key of its own.`,
    }),
    labels: t.field({ type: [LabelInput], defaultValue: [], description: 'To find it again by.' }),
    maxAttempts: t.int({
      defaultValue: 3,
      description:
        'How many failed attempts it may have. A lost backend or a restart of the server is not one.',
    }),
    metadata: t.field({ type: 'JSON', description: 'Any JSON object; stored and returned untouched.' }),
    model: t.string({
      description:
        'Without a tag it is `:latest`; `task:NAME` is that task. Exactly one of `model` and `task`.',
    }),
    priority: t.field({
      type: JobPriorityEnum,
      description: '`NORMAL` unless given, or the most urgent one that the client may use.',
    }),
    request: t.field({ type: JobRequestInput, required: true }),
    task: t.string({ description: 'The model that is selected for this task does it; see `tasks`.' }),
  }),
});

export const METADATA =
  'Any JSON object of up to 64 Ki characters, kept with the batch. Its `kind`, where it is a text, is what `batches` finds it by.';

export const SubmitBatchInput = builder.inputType('SubmitBatchInput', {
  description: 'Jobs to be queued together.',
  fields: (t) => ({
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
    jobs: t.field({ type: [SubmitJobInput], required: true, description: '1 to 1,000.' }),
    keep: t.boolean({
      defaultValue: false,
      description: 'Keep it and its jobs until `updateBatch` says otherwise.',
    }),
    metadata: t.field({ type: 'JSON', description: METADATA }),
    name: t.string({ description: 'For people.' }),
  }),
});
