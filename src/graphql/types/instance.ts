/** A model in memory. */
import type { Gpu } from '../../domain/gpu.ts';
import { footprintBytes } from '../../domain/instance.ts';
import type { InstanceState } from '../../domain/system.ts';
import { backendById, cellsOf } from '../../view/lookup.ts';
import { builder } from '../builder.ts';
import { NodeRef } from '../node.ts';
import { BackendRef, CellRef, GpuRef, InstanceRef, JobRef, ModelRef } from '../refs.ts';
import { InstanceStatusEnum } from './enums.ts';

const InstanceMemoryRef = builder.objectRef<InstanceState['memory']>('InstanceMemory').implement({
  description: 'The memory of an instance as its server tells it, like `ollama ps`; predicted until it does.',
  fields: (t) => ({
    bytes: t.expose('sizeBytes', { type: 'Bytes', description: "On GPUs and in the host's memory." }),
    gpuBytes: t.expose('vramBytes', { type: 'Bytes', description: 'What of it is on GPUs.' }),
  }),
});

interface InstanceGpuMemory {
  readonly gpu: Gpu;
  readonly bytes: number;
  readonly measured: boolean;
}

const InstanceGpuMemoryRef = builder.objectRef<InstanceGpuMemory>('InstanceGpuMemory').implement({
  description: 'What an instance has of one GPU.',
  fields: (t) => ({
    bytes: t.expose('bytes', { type: 'Bytes' }),
    gpu: t.expose('gpu', { type: GpuRef }),
    measured: t.exposeBoolean('measured', { description: 'Whether it was measured or is a prediction.' }),
  }),
});

InstanceRef.implement({
  description: "A model variant in a backend's memory.",
  interfaces: [NodeRef],
  fields: (t) => ({
    activeJobs: t.field({
      type: [JobRef],
      description: 'The jobs that it runs, or that wait for it to be loaded.',
      resolve: async (instance, _args, { loaders }) => {
        const jobs = await Promise.all(instance.activeJobIds.map((id) => loaders.job.load(id)));
        return jobs.filter((job) => job !== null);
      },
    }),
    adopted: t.exposeBoolean('adopted', {
      description:
        'It was there already and was taken over: loaded by someone else, or by this server before a restart.',
    }),
    backend: t.field({
      type: BackendRef,
      nullable: true,
      description: 'Where it is. Null only in the moment in which its backend goes.',
      resolve: ({ backendId }, _args, { system }) => backendById(system, backendId),
    }),
    cell: t.field({
      type: CellRef,
      nullable: true,
      description: 'The server process that holds it; null while it loads, and on an `ATTACHED` backend.',
      resolve: ({ cellId }, _args, { system }) => cellsOf(system).find(({ id }) => id === cellId) ?? null,
    }),
    contextLength: t.int({
      description: 'Tokens that one request can use.',
      resolve: (instance) => instance.variant.contextLength,
    }),
    evictable: t.exposeBoolean('evictable', {
      description: 'Whether it could be unloaded now if its memory were wanted.',
    }),
    expectedReadyAt: t.expose('expectedReadyAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When its load should be done, by what such loads took. Null when it does not load, and when that time has passed.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When it is unloaded if nobody uses it before. Null while it works, when it is pinned, and when it stays until its memory is wanted.',
    }),
    gpuMemory: t.field({
      type: [InstanceGpuMemoryRef],
      description: 'Its memory on each of its GPUs; `vramBytes` is the sum. Empty on a host without any.',
      resolve: ({ footprint, measured }, _args, { system }) =>
        footprint.flatMap(({ gpuId, bytes }) => {
          const gpu = system.gpu(gpuId);
          return gpu ? [{ gpu, bytes, measured }] : [];
        }),
    }),
    gpus: t.field({
      type: [GpuRef],
      description: 'The GPUs that it has memory on; empty on a host without any.',
      resolve: (instance, _args, { system }) =>
        instance.footprint.map(({ gpuId }) => system.gpu(gpuId)).filter((gpu) => gpu !== null),
    }),
    keepAlive: t.expose('keepAliveMs', {
      type: 'Milliseconds',
      nullable: true,
      description: 'How long it stays when nobody uses it; null for as long as nobody wants its memory.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      description: 'When a job last started or ended on it.',
    }),
    loadProgress: t.float({
      nullable: true,
      description:
        'How far its load is, 0 to 1, by the time that such loads took. Null when it does not load, and when it takes longer than it should.',
      resolve: ({ loadStartedAt, expectedReadyAt }, _args, { clock }) =>
        expectedReadyAt === null
          ? null
          : Math.min(1, Math.max(0, (clock.now() - loadStartedAt) / (expectedReadyAt - loadStartedAt))),
    }),
    loadedAt: t.expose('loadedAt', { type: 'DateTime', nullable: true, description: 'Null while loading.' }),
    memory: t.expose('memory', { type: InstanceMemoryRef }),
    model: t.field({
      type: ModelRef,
      nullable: true,
      description: 'Null when the model was removed from its backend meanwhile.',
      resolve: (instance, _args, { system }) => system.model(instance.variant.modelName),
    }),
    modelName: t.string({
      description: 'The name that it was loaded by; other names may share its weights.',
      resolve: (instance) => instance.variant.modelName,
    }),
    parallel: t.int({
      description: 'Requests that it can run at once.',
      resolve: (instance) => instance.config.parallel,
    }),
    pinned: t.exposeBoolean('pinned', {
      description: 'Kept by `pinModel`: it is never unloaded to make room, and does not expire.',
    }),
    spilled: t.exposeBoolean('spilled', {
      description: 'Whether part of it is on the CPU although there are GPUs: it is slow then.',
    }),
    status: t.field({
      type: InstanceStatusEnum,
      // One that is gone is in no list any more; the bytes of a failed one count until it is.
      resolve: ({ status }) => (status === 'GONE' ? 'FAILED' : status),
    }),
    vramBytes: t.field({
      type: 'Bytes',
      description: 'Its GPU memory, over all GPUs: predicted while it loads, measured afterwards.',
      resolve: footprintBytes,
    }),
  }),
});
