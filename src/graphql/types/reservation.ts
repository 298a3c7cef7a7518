/** Memory that is kept for programs outside. */
import type { Reservation } from '../../domain/memory-operations.ts';
import { builder } from '../builder.ts';
import { NodeRef } from '../node.ts';
import { GpuRef, ReservationRef } from '../refs.ts';
import { enumOf } from './enums.ts';

const ReservationKindEnum = enumOf<Reservation['kind']>(
  'ReservationKind',
  'Where a reservation comes from.',
  {
    CONFIGURED: 'From the configuration; only that can end it.',
    LEASE: 'From `reserveVram`; `releaseVram` ends it.',
  },
);

ReservationRef.implement({
  description: 'GPU memory kept for a program outside vramkeeper.',
  interfaces: [NodeRef],
  fields: (t) => ({
    bytes: t.expose('bytes', { type: 'Bytes' }),
    client: t.string({
      nullable: true,
      description: 'Who asked for it; null for one of the configuration.',
      resolve: ({ client }) => client ?? null,
    }),
    createdAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was asked for; null for one of the configuration.',
      resolve: ({ createdAt }) => createdAt ?? null,
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends by itself; null when it does not.',
    }),
    gpu: t.field({
      type: GpuRef,
      nullable: true,
      description: 'Null while its GPU is not to be seen, such as before the first reading.',
      resolve: ({ gpuId }, _args, { system }) => system.gpu(gpuId),
    }),
    kind: t.expose('kind', { type: ReservationKindEnum }),
    owner: t.exposeString('owner', { description: 'Who uses the memory.' }),
    ready: t.exposeBoolean('ready', {
      description: 'False while instances are still being moved out of the way: the memory is not there yet.',
    }),
  }),
});

builder.queryField('reservations', (t) =>
  t.field({
    type: [ReservationRef],
    description: 'What is kept for other programs. A handful, so not paginated.',
    resolve: (_root, _args, { memory }) => memory.reservations(),
  }),
);
