/** A GPU, its ledger, and who else uses it. */
import type { ForeignProcess, VramUsage } from '../../domain/gpu.ts';
import { builder } from '../builder.ts';
import { NodeRef } from '../node.ts';
import { GpuRef, ReservationRef } from '../refs.ts';
import { VramSourceEnum } from './enums.ts';

export const VramUsageRef = builder.objectRef<VramUsage>('VramUsage').implement({
  description: 'The ledger: total = headroom + reserved + foreign + instances + free - deficit.',
  fields: (t) => ({
    deficitBytes: t.expose('deficitBytes', {
      type: 'Bytes',
      description:
        'How far the claims exceed what is there, because a foreign program took more; 0 when all is well.',
    }),
    foreignBytes: t.expose('foreignBytes', {
      type: 'Bytes',
      description: 'In use by programs that vramkeeper knows nothing of and that have reserved nothing.',
    }),
    freeBytes: t.expose('freeBytes', { type: 'Bytes', description: 'What can still be given out.' }),
    headroomBytes: t.expose('headroomBytes', { type: 'Bytes', description: 'Never given out.' }),
    instanceBytes: t.expose('instanceBytes', {
      type: 'Bytes',
      description: 'Held by instances, those that are on their way in or out included.',
    }),
    reservedBytes: t.expose('reservedBytes', { type: 'Bytes', description: 'Kept for other programs.' }),
    sampledAt: t.expose('sampledAt', { type: 'DateTime', description: 'When it was read.' }),
    source: t.expose('source', { type: VramSourceEnum }),
    totalBytes: t.expose('totalBytes', { type: 'Bytes' }),
    usedBytes: t.expose('usedBytes', { type: 'Bytes', description: 'In use by anyone, as the source says.' }),
  }),
});

const ForeignProcessRef = builder.objectRef<ForeignProcess>('ForeignProcess').implement({
  description: 'A program outside vramkeeper that holds GPU memory.',
  fields: (t) => ({
    bytes: t.expose('bytes', { type: 'Bytes' }),
    name: t.exposeString('name', { nullable: true, description: 'Null where the probe does not tell.' }),
    pid: t.exposeInt('pid', { description: "Its process id on the backend's host." }),
  }),
});

GpuRef.implement({
  description: "One device of a backend's host.",
  interfaces: [NodeRef],
  fields: (t) => ({
    foreignProcesses: t.expose('foreignProcesses', {
      type: [ForeignProcessRef],
      description: 'Programs outside vramkeeper that hold memory here, where the probe can tell.',
    }),
    index: t.exposeInt('index', { description: "Its number on the backend's host." }),
    name: t.exposeString('name'),
    powerWatts: t.float({
      nullable: true,
      description: 'What it draws now; null where the probe does not tell.',
      resolve: ({ activity }) => activity?.powerWatts ?? null,
    }),
    reservations: t.field({
      type: [ReservationRef],
      description: 'What of it is kept for other programs.',
      resolve: ({ id }, _args, { memory }) =>
        memory.reservations().filter((reservation) => reservation.gpuId === id),
    }),
    temperatureCelsius: t.float({
      nullable: true,
      description: 'Null where the probe does not tell.',
      resolve: ({ activity }) => activity?.temperatureCelsius ?? null,
    }),
    utilization: t.float({
      nullable: true,
      description:
        'The part of the time in which it computed lately, 0 to 1, as its driver counts it; null where the probe does not tell.',
      resolve: ({ activity }) => activity?.utilization ?? null,
    }),
    vram: t.expose('usage', { type: VramUsageRef }),
  }),
});
