/** Enums that inputs and outputs share. Their values are the words of the domain. */
import type { AllowanceName } from '../../domain/allowance.ts';
import type { CellRole, CellStatus } from '../../domain/cell.ts';
import type { DecisionKind, WaitReason } from '../../domain/decision.ts';
import type { FailureCode } from '../../domain/errors.ts';
import type { VramSource } from '../../domain/gpu.ts';
import type { InstanceStatus } from '../../domain/instance.ts';
import type { JobKind, JobPriority, JobStatus, OutputChannel } from '../../domain/job.ts';
import type { Capability } from '../../domain/model.ts';
import type { ThinkLevel } from '../../domain/request.ts';
import type { Scope } from '../../domain/scopes.ts';
import type { JobOrder, JobOrderField } from '../../domain/store.ts';
import type { BackendHealth, BackendState } from '../../domain/system.ts';
import { ofEachKind } from '../../kinds/kinds.ts';
import { builder } from '../builder.ts';

/** Every value of a domain union with what it means; the compiler sees to it that none is missing. */
export function enumOf<Value extends string>(
  name: string,
  description: string,
  meanings: Readonly<Record<Value, string>>,
) {
  const values = Object.fromEntries(
    Object.entries<string>(meanings).map(([value, meaning]) => [value, { description: meaning }]),
  ) as { [K in Value]: { description: string } };
  return builder.enumType(name, { description, values });
}

export const JobStatusEnum = enumOf<JobStatus>('JobStatus', 'What has become of a job.', {
  PENDING: 'In the queue; no instance has been chosen.',
  QUEUED: 'Given to an instance that is still loading.',
  RUNNING: 'At work on an instance.',
  COMPLETE: 'Ended with a result.',
  FAILED: 'Ended without a result; `failure` says why.',
  CANCELLED: 'Ended because someone cancelled it.',
});

export const JobKindEnum = enumOf<JobKind>(
  'JobKind',
  'What a job asks of its model.',
  ofEachKind(({ description }) => description),
);

export const JobPriorityEnum = enumOf<JobPriority>(
  'JobPriority',
  'How urgent a job is. A more urgent one goes first and may have its model swapped in sooner; no priority starves another.',
  {
    HIGH: 'Somebody is waiting for it.',
    NORMAL: 'The default.',
    LOW: 'Whenever there is room, such as an overnight batch.',
  },
);

export const ScopeEnum = enumOf<Scope>('Scope', 'What a key lets its holder do.', {
  SUBMIT: 'Hand in jobs, batches, chats, images and leases of memory, and change its own.',
  READ_OWN: 'Read what is its own, and what holds for everybody: models, memory, how much waits.',
  READ_ALL: 'Read what belongs to others, too.',
  OPERATE:
    'Change what holds for everybody while the server runs, such as the memory and the order of the queue, and what belongs to others.',
  ADMIN: 'Change which models there are and who may come in. It has every other scope.',
});

export const AllowanceNameEnum = enumOf<AllowanceName>(
  'ClientLimit',
  'What a client may use up in a time. It comes back evenly.',
  {
    REQUESTS_PER_SECOND: 'Requests, and operations on sockets.',
    TOKENS_PER_MINUTE: 'Tokens read and written, of completed jobs.',
    GPU_SECONDS_PER_DAY: 'Time that its jobs run, those that run included.',
  },
);

export const WaitReasonEnum = enumOf<WaitReason>('WaitReason', 'Why a job waits.', {
  BACKEND_DOWN: 'Every backend that has the model is unreachable, or is still to be heard of it.',
  CLIENT_LIMIT: 'Its client runs as many jobs as it may.',
  LOADING: 'Its model is being loaded.',
  MODEL_UNAVAILABLE: 'No backend has the model.',
  QUEUE_ORDER: 'Jobs ahead of it in the queue come first.',
  RETRY_DELAY: 'A failed attempt is backing off.',
  SCHEDULER_PAUSED: 'The scheduler is paused; `resumeScheduler` ends that.',
  SWAP_NOT_WORTH: 'Swapping its model in would cost the waiting work more than it would gain.',
  VRAM: 'Not enough memory until an instance drains, a reservation ends or a foreign program lets go.',
});

export const JobFailureCodeEnum = enumOf<FailureCode>('JobFailureCode', 'Why an attempt, or a job, failed.', {
  BACKEND_ERROR: 'The backend failed at the request, or gave an answer that makes no sense.',
  BACKEND_UNREACHABLE: 'The backend did not answer.',
  CONTEXT_LENGTH_EXCEEDED:
    'The prompt is longer than the context, which was asked for or is the largest there is, and must not be cut.',
  DEADLINE_EXCEEDED: "The job's `deadline` passed before it was finished.",
  ENGINE_DIED: 'The process that held the model died or hung while it worked at the request.',
  INTERRUPTED: 'The server stopped while it ran. It runs again, and no attempt is counted.',
  INSUFFICIENT_VRAM:
    'No backend could ever hold the model in this shape, by what is predicted or by loads that ran out of memory.',
  LOAD_FAILED: 'The model could not be loaded.',
  MODEL_NOT_FOUND: 'The backend does not have the model any more.',
  OUT_OF_MEMORY: 'The memory was not enough for the model or the request.',
  REQUEST_REJECTED: 'The backend refused the request itself; trying again cannot help.',
});

export const DoneReasonEnum = enumOf<'LENGTH' | 'STOP'>('DoneReason', 'Why a text ended where it does.', {
  LENGTH: 'It reached `maxTokens` or the end of the context.',
  STOP: 'The model was done.',
});

export const JobOrderFieldEnum = enumOf<JobOrderField>(
  'JobOrderField',
  'What jobs can be ordered by. Equals are ordered by acceptance.',
  {
    CREATED_AT: 'When they were accepted.',
    FINISHED_AT: 'When they ended. Those that have not come after all others in `ASC`.',
    PRIORITY: 'How urgent they are.',
  },
);

export const OrderDirectionEnum = enumOf<JobOrder['direction']>('OrderDirection', 'Which end comes first.', {
  ASC: 'The oldest, or least, first.',
  DESC: 'The newest, or most, first.',
});

export const OutputChannelEnum = enumOf<OutputChannel>(
  'OutputChannel',
  'Which part of the output a piece of text belongs to.',
  {
    TEXT: 'The answer.',
    THINKING: 'What the model thought on its way to the answer.',
  },
);

export const InstanceStatusEnum = enumOf<Exclude<InstanceStatus, 'GONE'>>(
  'InstanceStatus',
  'What an instance is doing.',
  {
    LOADING: 'On its way into memory.',
    READY: 'Takes jobs.',
    DRAINING: 'Finishes the jobs that it has and gets no new ones.',
    UNLOADING: 'Was told to go. Its bytes count until it is confirmed gone.',
    FAILED: 'Could not be loaded, or broke. Its bytes count until it is confirmed gone.',
  },
);

export const BackendHealthEnum = enumOf<BackendHealth>(
  'BackendHealth',
  'Whether a backend can be worked with.',
  {
    HEALTHY: 'It answers, and so do the probes of its GPUs.',
    DEGRADED: 'It serves, but something about it could not be read or it answers too slowly to be trusted.',
    UNREACHABLE: 'It does not answer. Jobs for it wait.',
  },
);

export const BackendModeEnum = enumOf<BackendState['mode']>('BackendMode', 'Who runs the model server.', {
  ATTACHED: 'Someone else does.',
  MANAGED: 'vramkeeper starts and ends its processes, one for each instance.',
});

export const CellStatusEnum = enumOf<CellStatus>('CellStatus', 'What a server process is doing.', {
  STARTING: 'Runs, and does not answer yet.',
  READY: 'Answers.',
  STOPPING: 'Was told to end, or died; something of it is still there.',
  EXITED: 'Nothing of it is left.',
});

export const CellRoleEnum = enumOf<Uppercase<CellRole>>('CellRole', 'What a server process is for.', {
  INSTANCE: 'Loads or holds a model.',
  LIBRARY: 'Serves the model library: lists, pulls, copies and deletes models. It sees no GPU.',
  WARM: 'Stands ready without a model, so that the next load need not wait for a start.',
});

export const VramSourceEnum = enumOf<VramSource>('VramSource', 'Where the figures of GPU memory come from.', {
  DRIVER: 'Read from the driver.',
  OLLAMA: 'Summed from what the backend says it has loaded.',
  FIXED: 'Fixed in the configuration.',
  PROMETHEUS: 'Read from a metrics endpoint.',
  VIRTUAL: 'Read from a virtual GPU.',
});

export const DecisionKindEnum = enumOf<DecisionKind>('DecisionKind', 'What was decided, or happened.', {
  ADMISSION_REFUSED: 'A model cannot be loaded, even with everything else unloaded.',
  FALLBACK: 'A job goes to another of the models that it names.',
  CELL_DEATH:
    'A server process of a managed backend, or the engine in it, ended without having been told to.',
  CELL_END: 'A server process of a managed backend was told to end, and has.',
  CELL_START: 'A server process of a managed backend was started, or one of an earlier server taken over.',
  DISPATCH: 'Jobs were given to an instance.',
  DRAIN: 'An instance gets no new jobs, because its memory is wanted.',
  LOAD: 'A model is brought into memory.',
  UNLOAD: 'An instance is told to go.',
  WAIT: 'Nothing is done for a queue yet.',
});

export const ModelCapabilityEnum = enumOf<Uppercase<Capability>>('ModelCapability', 'What a model can do.', {
  AUDIO: 'Takes sound.',
  COMPLETION: 'Produces text.',
  EMBEDDING: 'Produces vectors.',
  IMAGE: 'Produces images.',
  INSERT: 'Fills in between a prompt and a suffix.',
  THINKING: 'Thinks before it answers.',
  TOOLS: 'Calls tools.',
  VISION: 'Takes images.',
});

export const ThinkLevelEnum = enumOf<ThinkLevel>(
  'ThinkLevel',
  'How much a model that can think does so before it answers. Without it the model decides.',
  {
    OFF: 'Not at all.',
    ON: 'As much as the model does by itself.',
    LOW: 'A little, where the model knows levels.',
    MEDIUM: 'More, where the model knows levels.',
    HIGH: 'Much, where the model knows levels.',
    MAX: 'As much as it can, where the model knows levels.',
  },
);

export const ChatRoleEnum = enumOf<'ASSISTANT' | 'SYSTEM' | 'TOOL' | 'USER'>('ChatRole', 'Who speaks.', {
  ASSISTANT: 'The model.',
  SYSTEM: 'Whoever instructs the model.',
  TOOL: 'A tool that the model called.',
  USER: 'Whoever the model talks to.',
});
