/** A backend and what can be done there. */
import type { BackendCapabilities } from '../../domain/backend.ts';
import { backendsOf } from '../../view/lookup.ts';
import { builder } from '../builder.ts';
import { NodeRef } from '../node.ts';
import { BackendRef, CellRef, GpuRef, InstanceRef } from '../refs.ts';
import { BackendHealthEnum, BackendModeEnum } from './enums.ts';
import { VramUsageRef } from './gpu.ts';

const BackendCapabilitiesRef = builder.objectRef<BackendCapabilities>('BackendCapabilities').implement({
  description: 'What can be done on a backend. What cannot is refused with `InvalidInput`.',
  fields: (t) => ({
    canCopy: t.exposeBoolean('canCopy', { description: 'A model can be given a second name (`copyModel`).' }),
    canDelete: t.exposeBoolean('canDelete', { description: 'Models can be deleted (`deleteModel`).' }),
    canLoad: t.boolean({
      description:
        'Models can be loaded and unloaded. Where they cannot, what it serves is in its memory as long as it runs.',
      resolve: ({ alwaysResident }) => !alwaysResident,
    }),
    canPull: t.exposeBoolean('canPull', { description: 'Models can be fetched to it (`pullModel`).' }),
    startsProcesses: t.exposeBoolean('startsProcesses', {
      description: 'vramkeeper starts and ends its server processes, which `cells` lists.',
    }),
  }),
});

BackendRef.implement({
  description: 'A model server that jobs run on.',
  interfaces: [NodeRef],
  fields: (t) => ({
    capabilities: t.expose('capabilities', { type: BackendCapabilitiesRef }),
    cells: t.expose('cells', {
      type: [CellRef],
      description:
        'The server processes that vramkeeper runs for it, oldest first, and then those that ended last, newest first; empty where it starts none.',
    }),
    gpus: t.expose('gpus', {
      type: [GpuRef],
      description: 'Empty on a host without any, or without a probe.',
    }),
    health: t.expose('health', { type: BackendHealthEnum }),
    instances: t.expose('instances', { type: [InstanceRef], description: 'What is in its memory.' }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last answered; null when it never has.',
    }),
    mode: t.expose('mode', { type: BackendModeEnum }),
    name: t.exposeString('name', { description: 'From the configuration.' }),
    problem: t.exposeString('problem', {
      nullable: true,
      description: 'What is wrong and what to do; null when it is `HEALTHY`.',
    }),
    url: t.exposeString('url', {
      description:
        'Where it answers; of a `MANAGED` one, whose processes have ports of their own, its program.',
    }),
    version: t.exposeString('version', { nullable: true, description: 'Null when it has never answered.' }),
    vram: t.expose('usage', {
      type: VramUsageRef,
      description: 'Over all of its GPUs; on a host without any, what it says it has loaded.',
    }),
  }),
});

builder.queryField('backends', (t) =>
  t.field({
    type: [BackendRef],
    description:
      'The model servers that jobs are scheduled onto. Bounded by configuration, so not paginated.',
    resolve: (_root, _args, { system }) => backendsOf(system),
  }),
);
