/** What a key lets its holder do, and which of it every way in takes. */

/**
 * - SUBMIT: hands in jobs, batches, chats, images and leases of memory, and changes its own.
 * - READ_OWN: reads what is its own, and what holds for everybody: models, memory, how much waits.
 * - READ_ALL: reads what belongs to others, too.
 * - OPERATE: changes what holds for everybody while the server runs (the scheduler, the memory, selected models), and what belongs to others.
 * - ADMIN: changes which models there are and who may come in.
 */
export const SCOPES = ['SUBMIT', 'READ_OWN', 'READ_ALL', 'OPERATE', 'ADMIN'] as const;
export type Scope = (typeof SCOPES)[number];
export type Scopes = ReadonlySet<Scope>;

/** Whoever has the one has these as well. Nobody can change what it cannot see. */
const IMPLIED: Readonly<Record<Scope, readonly Scope[]>> = {
  SUBMIT: [],
  READ_OWN: [],
  READ_ALL: ['READ_OWN'],
  OPERATE: ['READ_ALL'],
  ADMIN: ['SUBMIT', 'OPERATE'],
};

/** With all that they imply, in the order of `SCOPES`. */
export function scopesOf(given: readonly Scope[]): Scopes {
  const found = new Set<Scope>();
  const add = (scope: Scope) => {
    found.add(scope);
    IMPLIED[scope].forEach(add);
  };
  given.forEach(add);
  return new Set(SCOPES.filter((scope) => found.has(scope)));
}

/** Of a key whose entry says nothing. */
export const MEMBER: Scopes = scopesOf(['SUBMIT', 'READ_OWN']);
/** Of an administrator, and of everybody where there are no keys. */
export const EVERY_SCOPE: Scopes = scopesOf(['ADMIN']);

/** `ANY`: whoever is let in at all. */
export type Need = Scope | 'ANY';

/**
 * Every field of the API that is asked for by itself or holds more than what is around it, and every route. A way in that is not here takes
 * ADMIN; test/structure/scopes.test.ts finds it.
 */
const NEEDS: Readonly<Record<string, Need>> = {
  'Query.backends': 'READ_OWN',
  'Query.batch': 'READ_OWN',
  'Query.batches': 'READ_OWN',
  'Query.chat': 'READ_OWN',
  'Query.chats': 'READ_OWN',
  'Query.checkBatch': 'SUBMIT',
  'Query.clients': 'READ_OWN',
  'Query.decisions': 'READ_OWN',
  'Query.health': 'READ_OWN',
  'Query.history': 'READ_OWN',
  'Query.idsWithPrefix': 'READ_OWN',
  'Query.job': 'READ_OWN',
  'Query.jobs': 'READ_OWN',
  'Query.memoryBudget': 'READ_OWN',
  'Query.model': 'READ_OWN',
  'Query.modelPulls': 'READ_OWN',
  'Query.models': 'READ_OWN',
  'Query.node': 'READ_OWN',
  'Query.nodes': 'READ_OWN',
  'Query.previewBatch': 'SUBMIT',
  'Query.reservations': 'READ_OWN',
  'Query.residencies': 'READ_OWN',
  'Query.stats': 'READ_OWN',
  'Query.task': 'READ_OWN',
  'Query.tasks': 'READ_OWN',
  'Query.viewer': 'ANY',
  'Query.workerAllocation': 'READ_OWN',

  'Mutation.answerAgain': 'SUBMIT',
  'Mutation.cancelBatch': 'SUBMIT',
  'Mutation.cancelJob': 'SUBMIT',
  'Mutation.cancelJobs': 'SUBMIT',
  'Mutation.deleteChat': 'SUBMIT',
  'Mutation.releaseVram': 'SUBMIT',
  'Mutation.reserveVram': 'SUBMIT',
  'Mutation.retryBatch': 'SUBMIT',
  'Mutation.retryJob': 'SUBMIT',
  'Mutation.retryJobs': 'SUBMIT',
  'Mutation.sendChatMessage': 'SUBMIT',
  'Mutation.storeImage': 'SUBMIT',
  'Mutation.submitBatch': 'SUBMIT',
  'Mutation.submitJob': 'SUBMIT',
  'Mutation.updateBatch': 'SUBMIT',
  'Mutation.updateChat': 'SUBMIT',
  'Mutation.updateJobPriorities': 'SUBMIT',
  'Mutation.updateJobPriority': 'SUBMIT',
  'Mutation.loadModel': 'OPERATE',
  'Mutation.pauseScheduler': 'OPERATE',
  'Mutation.pinModel': 'OPERATE',
  'Mutation.resumeScheduler': 'OPERATE',
  'Mutation.selectTaskModel': 'OPERATE',
  'Mutation.unloadModel': 'OPERATE',
  'Mutation.unpinModel': 'OPERATE',
  'Mutation.warmUpTasks': 'OPERATE',
  'Mutation.cancelPull': 'ADMIN',
  'Mutation.copyModel': 'ADMIN',
  'Mutation.deleteModel': 'ADMIN',
  'Mutation.pullModel': 'ADMIN',
  'Mutation.reloadConfiguration': 'ADMIN',

  'Subscription.batchOutput': 'READ_OWN',
  'Subscription.batchUpdated': 'READ_OWN',
  'Subscription.chatsChanged': 'READ_OWN',
  'Subscription.decided': 'READ_OWN',
  'Subscription.jobOutput': 'READ_OWN',
  'Subscription.jobUpdated': 'READ_OWN',
  'Subscription.pullUpdated': 'READ_OWN',
  'Subscription.pullsUpdated': 'READ_OWN',
  'Subscription.queueChanged': 'READ_OWN',
  'Subscription.statsChanged': 'READ_OWN',
  'Subscription.vramChanged': 'READ_OWN',
  // What a server process writes tells of the jobs of every client.
  'Subscription.cellLog': 'READ_ALL',
  'Cell.logTail': 'READ_ALL',

  'GET /metrics': 'READ_ALL',
  'POST /images': 'SUBMIT',
  'GET /images/*': 'READ_OWN',

  'GET /api/tags': 'READ_OWN',
  'HEAD /api/tags': 'READ_OWN',
  'POST /api/show': 'READ_OWN',
  'GET /api/ps': 'READ_OWN',
  'GET /api/version': 'ANY',
  'HEAD /api/version': 'ANY',
  'GET /api/status': 'ANY',
  'GET /api/experimental/model-recommendations': 'ANY',
  // What Ollama's cloud does, which is refused.
  'POST /api/experimental/web_fetch': 'ANY',
  'POST /api/experimental/web_search': 'ANY',
  'POST /api/me': 'ANY',
  'POST /api/signout': 'ANY',
  'DELETE /api/user/keys/:key': 'ANY',
  'POST /api/generate': 'SUBMIT',
  'POST /api/chat': 'SUBMIT',
  'POST /api/embed': 'SUBMIT',
  'POST /api/embeddings': 'SUBMIT',
  'POST /api/pull': 'ADMIN',
  'POST /api/push': 'ADMIN',
  'POST /api/create': 'ADMIN',
  'POST /api/copy': 'ADMIN',
  'DELETE /api/delete': 'ADMIN',
  'HEAD /api/blobs/:digest': 'ADMIN',
  'POST /api/blobs/:digest': 'ADMIN',
  'POST /api/submit': 'SUBMIT',
  'GET /api/job/:id': 'READ_OWN',
  'GET /api/stats': 'READ_OWN',
  'GET /api/health': 'READ_OWN',
  'POST /v1/messages': 'SUBMIT',
  'POST /v1/messages/count_tokens': 'SUBMIT',
  'POST /v1/messages/batches': 'SUBMIT',
  'GET /v1/messages/batches': 'READ_OWN',
  'GET /v1/messages/batches/:id': 'READ_OWN',
  'DELETE /v1/messages/batches/:id': 'SUBMIT',
  'POST /v1/messages/batches/:id/cancel': 'SUBMIT',
  'GET /v1/messages/batches/:id/results': 'READ_OWN',
  'HEAD /v1/messages/batches/:id/results': 'READ_OWN',
  'POST /v1/chat/completions': 'SUBMIT',
  'POST /v1/completions': 'SUBMIT',
  'POST /v1/embeddings': 'SUBMIT',
  'POST /v1/responses': 'SUBMIT',
  'POST /v1/audio/transcriptions': 'SUBMIT',
  'GET /v1/models': 'READ_OWN',
  'GET /v1/models/:model': 'READ_OWN',
  'POST /v1/files': 'SUBMIT',
  'GET /v1/files': 'READ_OWN',
  'GET /v1/files/:id': 'READ_OWN',
  'GET /v1/files/:id/content': 'READ_OWN',
  'HEAD /v1/files/:id/content': 'READ_OWN',
  'DELETE /v1/files/:id': 'SUBMIT',
  'POST /v1/batches': 'SUBMIT',
  'GET /v1/batches': 'READ_OWN',
  'GET /v1/batches/:id': 'READ_OWN',
  'POST /v1/batches/:id/cancel': 'SUBMIT',
};

/** Every way in that has its place in the table. */
export const WAYS_IN: readonly string[] = Object.keys(NEEDS);

/** @param wayIn `Type.field`, or method and path as the route has them */
export function needOf(wayIn: string): Need {
  return Object.hasOwn(NEEDS, wayIn) ? (NEEDS[wayIn] ?? 'ADMIN') : 'ADMIN';
}
