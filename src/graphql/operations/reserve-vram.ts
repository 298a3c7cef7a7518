/** GPU memory for programs outside vramkeeper. */
import { type InputIssue, InvalidInputError } from '../../domain/errors.ts';
import { type GpuId, isId } from '../../domain/ids.ts';
import type { ReservationId, ReserveInput } from '../../domain/memory-operations.ts';
import { changes, letChange, type Principal } from '../../domain/principal.ts';
import type { SystemView } from '../../domain/system.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { ReservationRef, StatsRef } from '../refs.ts';
import { resultUnion } from '../result-union.ts';
import { InsufficientVram, InvalidInput } from '../types/user-errors.ts';

const LONGEST_OWNER = 100;

const ReserveVramInput = builder.inputType('ReserveVramInput', {
  description: 'How much GPU memory to keep for another program, and for how long.',
  fields: (t) => ({
    bytes: t.field({ type: 'Bytes', required: true }),
    gpuId: t.id({ description: 'By default the GPU with the most room for it.' }),
    lease: t.field({
      type: 'Milliseconds',
      description: 'When it ends by itself, from now on. Without it, it is kept until it is released.',
    }),
    owner: t.string({
      description: `Who uses the memory, up to ${LONGEST_OWNER} characters; the client's name by default. Another name takes an administrator.`,
    }),
  }),
});

const ReleaseVramInput = builder.inputType('ReleaseVramInput', {
  description: 'Which reservation to end.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});

const ReserveVramResult = resultUnion(
  'ReserveVramResult',
  builder
    .objectRef<{ readonly reservation: typeof ReservationRef.$inferType }>('ReserveVramPayload')
    .implement({
      description:
        'The memory is given to nobody else from now on. Use it once `ready` is true: instances may have to make room first.',
      fields: (t) => ({ reservation: t.expose('reservation', { type: ReservationRef }) }),
    }),
  [InsufficientVram, InvalidInput],
);

const ReleaseVramResult = resultUnion(
  'ReleaseVramResult',
  builder.objectRef<Record<string, never>>('ReleaseVramPayload').implement({
    description: 'The reservation has ended. What its program still holds counts as foreign.',
    fields: (t) => ({ stats: t.field({ type: StatsRef, resolve: () => ({}) }) }),
  }),
  [InvalidInput],
);

/** @throws InvalidInputError with every problem found */
function reservationOf(
  { bytes, gpuId, lease, owner }: typeof ReserveVramInput.$inferInput,
  principal: Principal,
  system: SystemView,
): ReserveInput {
  const issues: InputIssue[] = [];
  const wrong = (field: string, message: string) => void issues.push({ path: [field], message });
  const name = owner?.trim() ?? principal.client;
  const gpu = gpuId ?? null;
  if (bytes < 1) wrong('bytes', 'Reserve at least 1 byte.');
  if (gpu !== null && system.gpu(gpu as GpuId) === null) {
    wrong('gpuId', 'There is no GPU with this id. The query `backends` lists them.');
  }
  if (lease === 0)
    wrong('lease', 'A lease lasts at least 1 ms; leave it out to keep the memory until it is released.');
  if (name.length < 1 || name.length > LONGEST_OWNER) {
    wrong('owner', `It has to have from 1 to ${LONGEST_OWNER} characters.`);
  } else if (!changes(principal, { client: name })) {
    wrong(
      'owner',
      `Only who may change what belongs to others (the scope OPERATE) may name another than the client itself, "${principal.client}".`,
    );
  }
  if (issues.length > 0) throw new InvalidInputError(issues);
  return {
    owner: name,
    client: principal.client,
    bytes,
    gpuId: gpu as GpuId | null,
    leaseMs: lease ?? null,
  };
}

/** @throws InvalidInputError; ForbiddenError for what is somebody else's */
function releasable(id: string, { principal, memory }: GraphQLContext): ReservationId {
  const wrong = (message: string) => new InvalidInputError([{ path: ['id'], message }]);
  const reservation = isId('rsv', id) ? memory.reservations().find((each) => each.id === id) : undefined;
  if (!reservation) throw wrong('There is no reservation with this id. It may have expired.');
  if (reservation.kind === 'CONFIGURED') {
    throw wrong('It comes from the configuration, and only a change of that ends it.');
  }
  letChange(principal, { client: reservation.owner });
  return reservation.id;
}

builder.mutationFields((t) => ({
  reserveVram: t.field({
    type: ReserveVramResult.ref,
    description:
      'Keep GPU memory for a program outside vramkeeper; instances make room. Open to every client. It outlives a restart of the server.',
    args: { input: t.arg({ type: ReserveVramInput, required: true }) },
    resolve: (_root, { input }, { principal, memory, system }) =>
      ReserveVramResult.settle(async () => ({
        reservation: await memory.reserve(reservationOf(input, principal, system)),
      })),
  }),
  releaseVram: t.field({
    type: ReleaseVramResult.ref,
    description: 'End a reservation of your own; an administrator can end those of others too.',
    args: { input: t.arg({ type: ReleaseVramInput, required: true }) },
    resolve: (_root, { input }, context) =>
      ReleaseVramResult.settle(async () => {
        // One that ended between the two is as released as it was asked to be.
        await context.memory.endReservation(releasable(input.id, context));
        return {};
      }),
  }),
}));
