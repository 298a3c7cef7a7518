/**
 * Every failure that vramkeeper expects. The `code` is stable and is what programs match on; the message
 * tells a person what to do. Nothing in this project matches on the text of these messages.
 */
export abstract class VramkeeperError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A setting, flag or unit that cannot be used as written. */
export class InvalidSettingError extends VramkeeperError {
  readonly code = 'INVALID_SETTING';
}

/** A second server wants the same data directory. */
export class DataDirectoryInUseError extends VramkeeperError {
  readonly code = 'DATA_DIRECTORY_IN_USE';
}

/** The data directory holds something that this version cannot work with. */
export class StoreUnusableError extends VramkeeperError {
  readonly code = 'STORE_UNUSABLE';
}

/** The store was stopped, or its writer died, before the operation was committed. */
export class StoreClosedError extends VramkeeperError {
  readonly code = 'STORE_CLOSED';
}

/** One operation was not done, and nothing of it was kept: the disk is full, say. The store goes on with the next one. */
export class StoreFailedError extends VramkeeperError {
  readonly code = 'STORE_FAILED';
}

/** What was to be stored cannot be: it is no JSON, too deep, or a count that is no whole number. The same call will fail again. */
export class UnstorableValueError extends VramkeeperError {
  readonly code = 'UNSTORABLE_VALUE';
}

/** Nothing can be written: the disk is full, read-only or broken, or the files are gone. Nothing of the operation was kept. */
export class StoreUnwritableError extends VramkeeperError {
  static readonly CODE = 'STORE_UNWRITABLE';
  readonly code = StoreUnwritableError.CODE;
}

/** Who asked for it has gone. Never told to anybody: there is nobody. */
export class CallerGoneError extends VramkeeperError {
  readonly code = 'CALLER_GONE';

  constructor(message = 'Nobody waits for this any more.') {
    super(message);
  }
}

/** A list that looks at more rows than there is time for. */
export class ReadTooLongError extends VramkeeperError {
  readonly code = 'READ_TOO_LONG';

  constructor(
    message = 'This list takes too long to read. Narrow it by batchId, statuses or createdAfter, or leave totalCount out.',
  ) {
    super(message);
  }
}

/** More lists are asked for than can be read in time. */
export class StoreBusyError extends VramkeeperError {
  readonly code = 'STORE_BUSY';

  constructor() {
    super(
      'More lists are asked for than can be read. Try again in some seconds, and ask for them less often.',
    );
  }
}

/** A state machine was asked for a transition that its table does not have: always a mistake of ours. */
export class IllegalTransitionError extends VramkeeperError {
  readonly code = 'ILLEGAL_TRANSITION';

  constructor(machine: string, from: string, event: string) {
    super(`${machine} in ${from} cannot take ${event}.`);
  }
}

/** What a caller of the API got wrong, field by field. */
export interface InputIssue {
  /** From the input object, for example `['request', 'chat', 'messages', '0', 'content']`. */
  readonly path: readonly string[];
  readonly message: string;
}

export class InvalidInputError extends VramkeeperError {
  readonly code = 'INVALID_INPUT';
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[], options?: { readonly cause?: unknown }) {
    super(issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join(' '), options);
    this.issues = issues;
  }
}

export class ModelNotFoundError extends VramkeeperError {
  readonly code = 'MODEL_NOT_FOUND';
  readonly modelName: string;
  /** Installed models with a name close to it, closest first. */
  readonly suggestions: readonly string[];

  /** @param unheard names of backends that do not answer: whether they have it nobody can tell */
  constructor(
    modelName: string,
    suggestions: readonly string[],
    unheard: readonly string[] = [],
    options?: { readonly cause?: unknown },
  ) {
    const hint =
      suggestions.length > 0 ? ` Did you mean ${suggestions.join(', ')}?` : ' Pull it on the backend first.';
    const reached = unheard.length === 0 ? '' : ' that answers';
    const silent =
      unheard.length === 0
        ? ''
        : ` What ${unheard.join(', ')} ${unheard.length === 1 ? 'has' : 'have'} cannot be told, as nothing answers there.`;
    super(`No backend${reached} has a model named "${modelName}".${silent}${hint}`, options);
    this.modelName = modelName;
    this.suggestions = suggestions;
  }
}

/** It can never fit, even with everything else gone. */
export class InsufficientVramError extends VramkeeperError {
  readonly code = 'INSUFFICIENT_VRAM';
  readonly requiredBytes: number;
  /** The most that one backend could ever give. */
  readonly largestBytes: number;

  constructor(message: string, requiredBytes: number, largestBytes: number) {
    super(message);
    this.requiredBytes = requiredBytes;
    this.largestBytes = largestBytes;
  }
}

/** The backend that was named, or every one, does not answer. */
export class BackendUnavailableError extends VramkeeperError {
  readonly code = 'BACKEND_UNAVAILABLE';
  /** Null when no backend was named. */
  readonly backendId: string | null;

  constructor(message: string, backendId: string | null, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.backendId = backendId;
  }
}

/** Nobody knows a job of that id: it was never accepted, or ended so long ago that it was forgotten. */
export class UnknownJobError extends VramkeeperError {
  readonly code = 'UNKNOWN_JOB';

  constructor(id: string) {
    super(`There is no job ${id}. Finished jobs are forgotten after the configured retention.`);
  }
}

/** What somebody waits for will not come before the server has ended. */
export class ServerStoppingError extends VramkeeperError {
  readonly code = 'SERVER_STOPPING';

  constructor() {
    super('The server is stopping. Try again when it runs.');
  }
}

/** Why a backend could not do what it was asked to; `JobFailureCode` in the API. */
export type FailureCode =
  | 'BACKEND_ERROR'
  | 'BACKEND_UNREACHABLE'
  | 'CONTEXT_LENGTH_EXCEEDED'
  | 'DEADLINE_EXCEEDED'
  | 'ENGINE_DIED'
  | 'INTERRUPTED'
  | 'INSUFFICIENT_VRAM'
  | 'LOAD_FAILED'
  | 'MODEL_NOT_FOUND'
  | 'OUT_OF_MEMORY'
  | 'REQUEST_REJECTED';

/**
 * What helps against a failed backend call.
 * - `retry`: the same call may succeed later; counts as an attempt.
 * - `wait`: the backend is gone; it may succeed when the backend is back, and does not count as an attempt.
 * - `busy`: the backend has too much to do and refused to begin; does not count as an attempt while that may still pass.
 * - `free-memory`: only after memory was freed, or elsewhere; counts as an attempt.
 * - `none`: the same call will fail again.
 */
export type Remedy = 'retry' | 'wait' | 'busy' | 'free-memory' | 'none';

/** What a backend answered, word for word, for who passes it on as it came. */
export interface BackendAnswer {
  /** Null for an error line in a stream, whose status was 200 already. */
  readonly status: number | null;
  readonly body: string;
}

export interface BackendErrorOptions {
  readonly cause?: unknown;
  /** Absent where nothing was answered. */
  readonly answer?: BackendAnswer | undefined;
  /** What the backend itself asked for with its refusal, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What went wrong lies in the request or in its answer: it says nothing against the instance. */
  readonly aboutRequest?: boolean | undefined;
  /** Where the backend's own words may quote what was sent or answered. */
  readonly ownerMessage?: string | undefined;
  /** What happened, where the message also says what to do about it. */
  readonly finding?: string | undefined;
}

/** Its message goes into logs, decisions and health, so it never quotes what a backend said about content. */
export class BackendError extends VramkeeperError {
  readonly code: FailureCode;
  readonly remedy: Remedy;
  readonly retryAfterMs: number | null;
  readonly aboutRequest: boolean;
  /** For the owner of the job alone: the message, with the backend's own words. */
  readonly ownerMessage: string;
  /** What happened, for who gives advice of its own: the message without any. */
  readonly finding: string;
  /** Private, as a log would print it. */
  readonly #answer: BackendAnswer | null;

  constructor(code: FailureCode, remedy: Remedy, message: string, options?: BackendErrorOptions) {
    super(message, options);
    this.code = code;
    this.remedy = remedy;
    this.retryAfterMs = options?.retryAfterMs ?? null;
    this.aboutRequest = options?.aboutRequest ?? false;
    this.ownerMessage = options?.ownerMessage ?? message;
    this.finding = options?.finding ?? message;
    this.#answer = options?.answer ?? null;
  }

  /** What the backend itself said, which may quote content; null where it said nothing. */
  get answer(): BackendAnswer | null {
    return this.#answer;
  }
}

/** What a backend said that an error comes of; null where none did. */
export function backendAnswerOf(error: unknown): BackendAnswer | null {
  for (let each = error; each instanceof Error; each = each.cause)
    if (each instanceof BackendError) return each.answer;
  return null;
}

/** The request was not sent: its instance is there no more, or must not take it. Nothing was tried. */
export class NotSentError extends BackendError {
  constructor(message: string, options?: BackendErrorOptions) {
    super('BACKEND_ERROR', 'wait', message, options);
  }
}

/** The engine died or hung while it had the request, which may be what it died of. */
export class EngineDiedError extends BackendError {}

/** The request was sent, and nothing came of it for too long. Whatever holds it up may hold up the next one as well. */
export class StalledError extends BackendError {
  constructor(message: string, options?: BackendErrorOptions) {
    super('BACKEND_ERROR', 'retry', message, options);
  }
}

/** Part of what was to lie on GPUs went to the CPU. It is let go, as it would be slow and the memory was not planned. */
export class SpilledError extends BackendError {
  /** Of all of it, and of the part on GPUs, as the server tells. */
  readonly sizeBytes: number;
  readonly vramBytes: number;

  constructor(
    modelName: string,
    { sizeBytes, vramBytes }: { readonly sizeBytes: number; readonly vramBytes: number },
  ) {
    const share = Math.round((100 * vramBytes) / Math.max(1, sizeBytes));
    super(
      'OUT_OF_MEMORY',
      'free-memory',
      `Only ${share} % of ${modelName} went to the GPU, so it was let go. Free GPU memory, use a smaller context, quantization or model, or allow partialOffload for it.`,
    );
    this.sizeBytes = sizeBytes;
    this.vramBytes = vramBytes;
  }
}

/** Errors by which the language and its libraries name the value that they could not work with, and so what somebody sent. */
const QUOTING_CODES = /^ERR_(INVALID_ARG|INVALID_URL|OUT_OF_RANGE|INVALID_CHAR)/;

function mayQuote(error: Error): boolean {
  if (error instanceof SyntaxError || error.name === 'DataCloneError' || error.name === 'ZodError')
    return true;
  return 'code' in error && typeof error.code === 'string' && QUOTING_CODES.test(error.code);
}

/** The message of anything that was thrown, for a log: left out where it may quote what somebody sent. */
export function loggedMessage(error: unknown): string {
  if (!(error instanceof Error)) return `something that is no error (${typeof error}) was thrown`;
  return mayQuote(error)
    ? `${error.name} (its text is left out, as it may quote what was sent)`
    : error.message;
}

/** The same with where it was thrown. */
export function loggedStack(error: unknown): string {
  if (!(error instanceof Error)) return loggedMessage(error);
  if (!mayQuote(error)) return error.stack ?? error.message;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [loggedMessage(error), ...frames].join('\n');
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
