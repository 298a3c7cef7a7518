/** The real schema over the real accept service, event log and, unless another one is given, in-memory store, in virtual time; only the system is a fixture. */

import { type ExecutionResult, execute, parse, subscribe, validate } from 'graphql';
import { createAcceptService } from '../../src/accept/accept.ts';
import { BatchChanges } from '../../src/accept/batch-changes.ts';
import { ImageService } from '../../src/accept/image-service.ts';
import { ChatService } from '../../src/chats/chat-service.ts';
import { seededRandom, VirtualClock } from '../../src/clock.ts';
import { NO_AUDIT } from '../../src/domain/audit.ts';
import type { ChatLimits } from '../../src/domain/chat.ts';
import { type InstanceId, type JobId, newId, type ServerId } from '../../src/domain/ids.ts';
import type { Job, JobFailure, JobResult, OutputPart } from '../../src/domain/job.ts';
import type { Principal } from '../../src/domain/principal.ts';
import type { QueueKey } from '../../src/domain/queue-key.ts';
import type { Reloaded } from '../../src/domain/reload.ts';
import { EVERY_SCOPE } from '../../src/domain/scopes.ts';
import type { Store } from '../../src/domain/store.ts';
import type { Task } from '../../src/domain/task.ts';
import { EventLog } from '../../src/events/event-log.ts';
import { OutputHub } from '../../src/events/output-hub.ts';
import { LibraryOperations } from '../../src/executor/model-operations.ts';
import { WithheldModels } from '../../src/executor/withheld-models.ts';
import { AnswerBudget, DEFAULT_ANSWER_LIMITS } from '../../src/graphql/answer-budget.ts';
import type { GraphQLContext } from '../../src/graphql/context.ts';
import { ownReads } from '../../src/graphql/own-reads.ts';
import { schema } from '../../src/graphql/schema.ts';
import { DecisionLog } from '../../src/scheduler/decision-log.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { Tasks } from '../../src/tasks/tasks.ts';
import { createLiveStates, type LiveStates } from '../../src/view/live-states.ts';
import { QueueLine, type QueueOutlook } from '../../src/view/queue-line.ts';
import { eventually } from './eventually.ts';
import { LibraryFixture } from './library-fixture.ts';
import { MemoryOperationsFixture } from './memory-operations-fixture.ts';
import { namesOfOllama } from './model-names.ts';
import { AT, SystemFixture } from './system-fixture.ts';
import { vectorsOf } from './vectors.ts';

export const ANYONE: Principal = { client: 'tester', scopes: EVERY_SCOPE, maxPriority: 'HIGH' };

export const TEXT_RESULT = {
  kind: 'text',
  doneReason: 'STOP',
  toolCalls: [{ function: { name: 'look', arguments: {} } }],
  usage: { promptTokens: 11, completionTokens: 7, evalDurationMs: 123.4, loadDurationMs: 5 },
  raw: { done: true, eval_count: 7 },
} satisfies JobResult;

export const EMBED_RESULT: JobResult = {
  kind: 'embed',
  vectors: vectorsOf([
    [0.25, -1, 3],
    [1, 2, 3],
  ]),
  usage: { promptTokens: 4, completionTokens: 0, evalDurationMs: 0, loadDurationMs: 0 },
  raw: {},
};

const BYTES_OF_REQUEST = 20 * 1024 ** 2;

const option = {
  backend: null,
  vramBytes: null,
  quantization: null,
  speed: null,
  description: null,
  fps: null,
  provider: null,
} as const;

/** The second option of the first one fits nowhere. */
export const TASKS: readonly Task[] = [
  {
    name: 'write',
    description: 'Texts.',
    selected: 'usual',
    warmup: false,
    options: [
      { ...option, name: 'usual', model: 'qwen3:8b', speed: 'fast' },
      { ...option, name: 'huge', model: 'huge:1b', vramBytes: 2 ** 42, provider: 'somebody', fps: 1.5 },
    ],
  },
  {
    name: 'find',
    description: null,
    selected: 'usual',
    warmup: false,
    options: [{ ...option, name: 'usual', model: 'all-minilm', backend: 'box' }],
  },
];

export const IMAGE_QUOTA = { ofClient: 30_000, ofAll: 40_000 };

/** What a test selects from a result is its own affair, so it is not typed here. */
// biome-ignore lint/suspicious/noExplicitAny: see above.
type Data = any;

export class GraphQLApi {
  readonly clock = new VirtualClock(AT);
  readonly system = new SystemFixture();
  readonly memory = new MemoryOperationsFixture(this.system, this.clock);
  readonly box = new LibraryFixture('box', this.system);
  readonly log = new EventLog({ random: seededRandom(1) });
  readonly outputs = new OutputHub();
  readonly live: LiveStates;
  /** What `decided` follows; `system.decided` is what `decisions` answers. */
  readonly decisions = new DecisionLog();
  readonly operations: LibraryOperations;
  readonly tasks: Tasks;
  readonly store: Store;
  /** How often each method of the store was called by resolvers. */
  readonly calls = new Map<string, number>();
  /** For how many ids each of them asked; a call without a list is for one. */
  readonly asked = new Map<string, number>();
  readonly context: GraphQLContext;
  /** Where jobs wait whose wishes mean that queue. */
  queueFor: (asked: QueueKey) => QueueKey = (asked) => asked;
  /** When jobs of a queue should start. */
  outlook: (queue: QueueKey) => QueueOutlook = () => ({ startAt: null, gapMs: 1_000, rank: 0 });
  readonly #random = seededRandom(2);

  /** What becomes of the settings when they are read again. */
  reload: () => Promise<Reloaded> = async () => ({ keys: 1, clients: 2, needRestart: ['port'] });

  constructor(principal: Principal, queueLimit: number, store?: Store, chatLimits?: ChatLimits) {
    const { clock, log, outputs, system } = this;
    this.store =
      store ?? createMemoryStore({ clock, serverId: newId('srv', clock, this.#random) as ServerId });
    this.store.onCommit((changes) => {
      for (const change of changes) log.publish({ kind: 'job', ...change }, clock.now());
    });
    this.store.requestBatches.onEnded((id) => log.publish({ kind: 'batch', id }, clock.now()));
    this.tasks = new Tasks({
      tasks: TASKS,
      keptWarm: [],
      store: this.store,
      system,
      memory: this.memory,
      logger: { info: () => {}, warn: () => {} },
    });
    const accept = createAcceptService({
      bytesOfRequest: BYTES_OF_REQUEST,
      log: () => {},
      store: this.store,
      models: {
        known: true,
        find: (name) => system.model(name)?.info ?? null,
        tasks: this.tasks.chooser,
        names: namesOfOllama(['qwen3:8b']),
        unheard: () => [],
      },
      queueFor: (asked) => this.queueFor(asked),
      tooLarge: () => null,
      queueLimit,
      retryAfterMs: () => 2_500,
      clock,
      random: this.#random,
    });
    this.operations = new LibraryOperations({
      backends: [this.box],
      answers: () => system.backends().some(({ health }) => health !== 'UNREACHABLE'),
      names: namesOfOllama(['qwen3:8b']),
      modelsChanged: async () => {},
      installed: () => [],
      inMemory: (weights) => system.instances.some(({ variant }) => variant.weights === weights),
      unload: (model, backendId) => this.memory.unloadModel({ model, backendId }),
      withheld: new WithheldModels(),
      events: log,
      clock,
      random: this.#random,
      logger: { info: () => {}, warn: () => {} },
    });
    const line = new QueueLine({
      backlog: this.store.backlog,
      clock,
      service: () => new Map(),
      outlook: (queue) => this.outlook(queue),
    });
    this.live = createLiveStates(log, clock, line, this.decisions);
    const reads = counted(this.store, this.calls, this.asked);
    this.context = {
      principal,
      accept,
      images: new ImageService({ store: this.store, quota: IMAGE_QUOTA }),
      batches: new BatchChanges({ store: this.store, accept, requestsCancelled: () => {} }),
      chats: new ChatService({
        store: this.store,
        accept,
        queueLimit,
        clock,
        random: this.#random,
        ...(chatLimits && { limits: chatLimits }),
      }),
      chatNews: (listener) => this.store.chats.onNews(listener),
      ...ownReads(reads)(principal),
      system,
      control: system,
      configuration: {
        reload: () => this.reload(),
        audit: NO_AUDIT,
        allowances: { of: () => [{ name: 'TOKENS_PER_MINUTE', maximum: 100, used: 7 }] },
      },
      memory: this.memory,
      tasks: this.tasks,
      modelOperations: this.operations,
      events: log,
      outputs,
      live: this.live,
      history: this.store.history,
      terms: {
        needsKey: false,
        choosesName: true,
        limits: { batchJobs: 1_000, bodyBytes: BYTES_OF_REQUEST, images: 64, retentionMs: 7 * 86_400_000 },
      },
      clock,
      scope: { caller: principal.client },
      answer: new AnswerBudget(DEFAULT_ANSWER_LIMITS, null, new AbortController().signal),
    };
  }

  /** @param options.store not started */
  static async open(
    options: { principal?: Principal; queueLimit?: number; store?: Store; chatLimits?: ChatLimits } = {},
  ): Promise<GraphQLApi> {
    const { principal = ANYONE, queueLimit = 1_000, store, chatLimits } = options;
    const api = new GraphQLApi(principal, queueLimit, store, chatLimits);
    await api.store.start();
    await api.tasks.start();
    return api;
  }

  async stop(): Promise<void> {
    await this.operations.stop();
    this.log.end();
    this.outputs.end();
    await this.store.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** The whole answer; the document itself must be valid. */
  async execute(source: string, variables: Record<string, unknown> = {}): Promise<ExecutionResult> {
    return execute({
      schema,
      document: valid(source),
      variableValues: variables,
      contextValue: { ...this.context, accept: this.context.accept.ofOneRequest() },
    });
  }

  /** The data of an answer that has no errors. */
  async query(source: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const { data, errors } = await this.execute(source, variables);
    if (errors) throw new AggregateError(errors, errors.map((error) => error.message).join('\n'));
    return JSON.parse(JSON.stringify(data));
  }

  /** `extensions.code` of the only error of an answer. */
  async refusal(source: string, variables: Record<string, unknown> = {}): Promise<unknown> {
    const { errors = [] } = await this.execute(source, variables);
    if (errors.length !== 1) throw new Error(`One error was expected, not ${JSON.stringify(errors)}.`);
    return errors[0]?.extensions.code;
  }

  async subscribe(source: string, variables: Record<string, unknown> = {}): Promise<Events> {
    const stream = await subscribe({
      schema,
      document: valid(source),
      variableValues: variables,
      contextValue: this.context,
    });
    if (!(Symbol.asyncIterator in stream)) {
      throw new AggregateError(stream.errors ?? [], 'The subscription was refused.');
    }
    return new Events(stream);
  }

  /** Lets time pass until it is there. */
  async passing<T>(promise: Promise<T>): Promise<T> {
    let isThere = false;
    const noted = promise.finally(() => {
      isThere = true;
    });
    noted.catch(() => {});
    await eventually(
      () => isThere,
      (there) => there,
      { step: () => this.clock.advance(50) },
    );
    return promise;
  }

  /** Submits through the API and answers the job's id. */
  async submit(input: Record<string, unknown> = {}): Promise<JobId> {
    const { submitJob } = await this.query(
      'mutation ($input: SubmitJobInput!) { submitJob(input: $input) { ... on SubmitJobPayload { job { id } } ... on UserError { message } } }',
      { input: { model: 'qwen3:8b', request: { generate: { prompt: 'Why?' } }, ...input } },
    );
    if (!submitJob.job) throw new Error(submitJob.message);
    return submitJob.job.id;
  }

  async job(id: JobId): Promise<Job> {
    const job = await this.store.job(id);
    if (!job) throw new Error(`There is no job ${id}.`);
    return job;
  }

  /** Hands the job to an instance that is ready. All jobs of its bucket before it must have been. */
  async start(id: JobId): Promise<Job> {
    const { queue, priority, client } = await this.job(id);
    const [claimed] = await this.store.claim({
      picks: [{ queue, priority, client, count: 1 }],
      as: 'RUNNING',
      backend: 'box',
      instanceId: this.system.instances[0]?.id as InstanceId,
    });
    if (claimed?.job.id !== id) throw new Error(`${claimed?.job.id} came before ${id}.`);
    this.outputs.open(id, claimed.job.fence);
    return claimed.job;
  }

  async complete(id: JobId, result: JobResult, output: readonly OutputPart[] = []): Promise<void> {
    const { fence } = await this.job(id);
    await this.store.finish({ kind: 'complete', id, fence, result, output });
    this.outputs.close(id);
  }

  async fail(id: JobId, failure: JobFailure): Promise<void> {
    const job = await this.job(id);
    const at = this.clock.now();
    const attempt = {
      number: job.fence,
      backend: 'box',
      startedAt: job.startedAt ?? at,
      finishedAt: at,
      failure,
    };
    await this.store.finish({ kind: 'fail', id, fence: job.fence, failure, attempt, output: [] });
    this.outputs.close(id);
  }
}

/** The events of a subscription, one by one. */
export class Events {
  readonly #stream: AsyncGenerator<ExecutionResult>;

  constructor(stream: AsyncGenerator<ExecutionResult>) {
    this.#stream = stream;
  }

  async next(): Promise<Data> {
    const { value, done } = await this.#stream.next();
    if (done) throw new Error('The stream has ended.');
    if (value.errors) throw new AggregateError(value.errors);
    return JSON.parse(JSON.stringify(value.data));
  }

  async rest(): Promise<Data[]> {
    const events: Data[] = [];
    for await (const { data } of this.#stream) events.push(JSON.parse(JSON.stringify(data)));
    return events;
  }

  async stop(): Promise<void> {
    await this.#stream.return(undefined);
  }
}

function valid(source: string) {
  const document = parse(source);
  const errors = validate(schema, document);
  if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('\n'));
  return document;
}

function counted(store: Store, calls: Map<string, number>, asked: Map<string, number>): Store {
  const add = (counts: Map<string, number>, name: string, more: number) =>
    counts.set(name, (counts.get(name) ?? 0) + more);
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        add(calls, String(name), 1);
        add(asked, String(name), Array.isArray(args[0]) ? args[0].length : 1);
        return member.apply(target, args);
      };
    },
  });
}
