/** Objects with a global id. The id's prefix says which kind, so that the id alone finds the object and its type. */

import type { Chat, ChatMessage } from '../domain/chat.ts';
import type { Gpu } from '../domain/gpu.ts';
import { type BatchId, type IdPrefix, isId, type JobId } from '../domain/ids.ts';
import type { ImageId, StoredImage } from '../domain/image.ts';
import type { Job } from '../domain/job.ts';
import type { Reservation } from '../domain/memory-operations.ts';
import type { ModelPull, ModelPullId } from '../domain/model-operations.ts';
import type { Batch } from '../domain/store.ts';
import type { BackendCell, BackendState, InstanceState, ModelState } from '../domain/system.ts';
import { backendsOf, cellsOf, instancesOf } from '../view/lookup.ts';
import { builder } from './builder.ts';
import type { GraphQLContext } from './context.ts';
import { LARGEST_PAGE } from './paging.ts';
import { requestError } from './request-errors.ts';

export type Identified =
  | Job
  | Batch
  | ModelState
  | InstanceState
  | Gpu
  | BackendState
  | BackendCell
  | Reservation
  | ModelPull
  | StoredImage
  | Chat
  | ChatMessage;

type Found = Identified | null;

/** For each prefix the type's name, and how to find one by its id. */
const KINDS: Readonly<
  Record<
    Exclude<IdPrefix, 'srv' | 'file'>,
    { readonly type: string; find(id: string, context: GraphQLContext): Found | Promise<Found> }
  >
> = {
  job: { type: 'Job', find: (id, { loaders }) => loaders.job.load(id as JobId) },
  bat: { type: 'Batch', find: (id, { loaders }) => loaders.batch.load(id as BatchId) },
  mdl: { type: 'Model', find: (id, { system }) => withId(system.models(), id) },
  ins: { type: 'Instance', find: (id, { system }) => withId(instancesOf(system), id) },
  gpu: {
    type: 'Gpu',
    find: (id, { system }) =>
      withId(
        backendsOf(system).flatMap((backend) => backend.gpus),
        id,
      ),
  },
  cel: { type: 'Cell', find: (id, { system }) => withId(cellsOf(system), id) },
  rsv: { type: 'Reservation', find: (id, { memory }) => withId(memory.reservations(), id) },
  pul: { type: 'ModelPull', find: (id, { modelOperations }) => modelOperations.findPull(id as ModelPullId) },
  img: { type: 'Image', find: (id, { loaders }) => loaders.image.load(id as ImageId) },
  chat: { type: 'Chat', find: (id, { chats, principal }) => chats.find(principal, id) },
  msg: { type: 'ChatMessage', find: (id, { chats, principal }) => chats.findMessage(principal, id) },
  bkd: { type: 'Backend', find: (id, { system }) => withId(backendsOf(system), id) },
};

function withId<T extends { readonly id: string }>(all: readonly T[], id: string): T | null {
  return all.find((one) => one.id === id) ?? null;
}

function kindOf(id: string) {
  for (const [prefix, kind] of Object.entries(KINDS)) {
    if (isId(prefix as IdPrefix, id)) return kind;
  }
  return undefined;
}

function findNode(id: string, context: GraphQLContext): Found | Promise<Found> {
  return kindOf(id)?.find(id, context) ?? null;
}

export const NodeRef = builder.interfaceRef<Identified>('Node').implement({
  description: 'Anything that can be fetched again by its globally unique `id`.',
  resolveType: (value) => kindOf(value.id)?.type,
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        'Globally unique and stable. Prefixed by kind (`job_`, `bat_`, `mdl_`, `ins_`, `gpu_`, `bkd_`, `cel_`, `rsv_`, `pul_`, `img_`, `chat_`, `msg_`), otherwise opaque.',
    }),
  }),
});

builder.queryFields((t) => ({
  node: t.field({
    type: NodeRef,
    nullable: true,
    description: 'Any object by its global id; null when there is none.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => findNode(id, context),
  }),
  nodes: t.field({
    type: [NodeRef],
    nullable: { list: false, items: true },
    description: `Several objects; the result has the same order and length as \`ids\` (at most ${LARGEST_PAGE}), with null for those that do not exist.`,
    args: { ids: t.arg.idList({ required: true }) },
    resolve: (_root, { ids }, context) => {
      if (ids.length > LARGEST_PAGE) {
        throw requestError('BAD_USER_INPUT', `ids may hold at most ${LARGEST_PAGE} ids, not ${ids.length}.`);
      }
      return ids.map((id) => findNode(id, context));
    },
  }),
}));
