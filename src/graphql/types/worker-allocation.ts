/** How many workers of another program fit beside the models. */
import type { Gpu } from '../../domain/gpu.ts';
import type { SystemView } from '../../domain/system.ts';
import { backendsOf, gpuName } from '../../view/lookup.ts';
import { allocateWorkers, type WorkerAllocation } from '../../view/worker-allocation.ts';
import { builder } from '../builder.ts';
import { GpuRef } from '../refs.ts';
import { requestError } from '../request-errors.ts';

const DEFAULT_WORKERS_PER_GIB = 0.25;

const WorkerAllocationInput = builder.inputType('WorkerAllocationInput', {
  description: 'What the workers of another program need.',
  fields: (t) => ({
    gpuId: t.id({
      description: 'The GPU that they will share; the one with the most free memory by default.',
    }),
    maxWorkers: t.int({ description: 'No more than so many; by default as many as fit.' }),
    maxWorkersPerGib: t.float({
      defaultValue: DEFAULT_WORKERS_PER_GIB,
      description: 'At most so many workers per free GiB.',
    }),
    minBytesPerWorker: t.field({
      type: 'Bytes',
      required: true,
      description: 'What each of them needs at least.',
    }),
  }),
});

interface Answer extends WorkerAllocation {
  readonly gpu: Gpu | null;
}

const WorkerAllocationRef = builder.objectRef<Answer>('WorkerAllocation').implement({
  description:
    'How many GPU workers of another program fit beside what is there. Nothing is kept for them: `reserveVram` does that.',
  fields: (t) => ({
    bytesPerWorker: t.expose('bytesPerWorker', {
      type: 'Bytes',
      description: 'What each worker may use; 0 without workers.',
    }),
    explanation: t.string({
      description: 'A line for each figure of the ledger and for each limit.',
      resolve: ({ explanation }) => explanation.join('\n'),
    }),
    freeBytes: t.expose('freeBytes', {
      type: 'Bytes',
      description:
        'What they share: the free memory of the ledger, after headroom, reservations, foreign programs and instances.',
    }),
    gpu: t.expose('gpu', { type: GpuRef, nullable: true, description: 'Null when no GPU is known.' }),
    workers: t.exposeInt('workers', { description: '0 when the workers should run on the CPU.' }),
  }),
});

const NO_GPU: Answer = {
  gpu: null,
  workers: 0,
  bytesPerWorker: 0,
  freeBytes: 0,
  explanation: ['No GPU is known.', 'Result: 0 workers. Run them on the CPU.'],
};

/** @throws GraphQLError NOT_FOUND */
function chosenGpu(system: SystemView, id: string | null): Gpu | null {
  const gpus = backendsOf(system).flatMap((backend) => backend.gpus);
  if (id === null) {
    return gpus.reduce<Gpu | null>(
      (best, gpu) => (best && best.usage.freeBytes >= gpu.usage.freeBytes ? best : gpu),
      null,
    );
  }
  const gpu = gpus.find((each) => each.id === id);
  if (gpu) return gpu;
  throw requestError('NOT_FOUND', 'There is no GPU with this id. The query `backends` lists them.');
}

type Limits = typeof WorkerAllocationInput.$inferInput;

/** @throws GraphQLError BAD_USER_INPUT */
function check({ maxWorkers, maxWorkersPerGib, minBytesPerWorker }: Limits): void {
  const wrong = (what: string) => requestError('BAD_USER_INPUT', what);
  if ((maxWorkers ?? 1) < 1) throw wrong(`maxWorkers must be at least 1, not ${maxWorkers}.`);
  if ((maxWorkersPerGib ?? 1) <= 0) throw wrong(`maxWorkersPerGib must be above 0, not ${maxWorkersPerGib}.`);
  if (minBytesPerWorker < 1) throw wrong('minBytesPerWorker must be at least 1.');
}

builder.queryField('workerAllocation', (t) =>
  t.field({
    type: WorkerAllocationRef,
    description:
      'How many GPU workers of another program fit beside what vramkeeper holds, and how much memory each may use: ' +
      'the least of free GiB x `maxWorkersPerGib`, free / `minBytesPerWorker` and `maxWorkers`.',
    args: { input: t.arg({ type: WorkerAllocationInput, required: true }) },
    resolve: (_root, { input }, { system }): Answer => {
      check(input);
      const gpu = chosenGpu(system, input.gpuId ?? null);
      if (!gpu) return NO_GPU;
      const allocation = allocateWorkers({
        usage: gpu.usage,
        gpuName: gpuName(system, gpu),
        maxWorkers: input.maxWorkers ?? null,
        maxWorkersPerGib: input.maxWorkersPerGib ?? DEFAULT_WORKERS_PER_GIB,
        minBytesPerWorker: input.minBytesPerWorker,
      });
      return { gpu, ...allocation };
    },
  }),
);
