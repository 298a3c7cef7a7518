/** Who asks, what it may do and what the server takes: what a page wants to know before anything else. */
import { may, type Principal } from '../../domain/principal.ts';
import type { ServerLimits } from '../../view/server-terms.ts';
import { builder } from '../builder.ts';
import { JobPriorityEnum, ScopeEnum } from './enums.ts';

const ServerLimitsRef = builder.objectRef<ServerLimits>('ServerLimits').implement({
  description: 'How much the server takes, as it is configured.',
  fields: (t) => ({
    batchJobs: t.exposeInt('batchJobs', { description: 'The most jobs of one batch.' }),
    bodyBytes: t.expose('bodyBytes', { type: 'Bytes', description: 'The largest body of a request.' }),
    images: t.exposeInt('images', {
      description: 'The most images of one prompt, or of one message of a chat.',
    }),
    retention: t.expose('retentionMs', {
      type: 'Milliseconds',
      description: 'How long finished jobs are kept.',
    }),
  }),
});

const ViewerRef = builder.objectRef<Principal>('Viewer').implement({
  description: 'Who the caller is to this server.',
  fields: (t) => ({
    admin: t.boolean({
      description: 'Whether it has the scope `ADMIN`, and so every other.',
      resolve: (viewer) => may(viewer, 'ADMIN'),
    }),
    choosesName: t.boolean({
      description: 'Whether it may say who it is (`X-Client`), as on a server without keys.',
      resolve: (_viewer, _args, { terms }) => terms.choosesName,
    }),
    client: t.exposeString('client', { description: 'The name that its jobs carry.' }),
    scopes: t.field({
      type: [ScopeEnum],
      description: 'All that its key lets it do, with what they imply.',
      resolve: ({ scopes }) => [...scopes],
    }),
    limits: t.field({ type: ServerLimitsRef, resolve: (_viewer, _args, { terms }) => terms.limits }),
    maxPriority: t.expose('maxPriority', {
      type: JobPriorityEnum,
      description: 'The most urgent priority that its jobs may have.',
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    description: 'Who the caller is, and what it may do.',
    resolve: (_root, _args, { principal }) => principal,
  }),
);
