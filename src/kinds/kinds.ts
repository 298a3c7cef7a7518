/** The table of job kinds: whoever treats them differently asks it. */
import type { JobResult } from '../domain/job.ts';
import type { BlobHash, JobKind, JobRequest } from '../domain/request.ts';
import { chat } from './chat.ts';
import { embed } from './embed.ts';
import { generate } from './generate.ts';
import type { JobKindSpec } from './kind.ts';

const JOB_KINDS_TABLE: { readonly [K in JobKind]: JobKindSpec<K> } = {
  GENERATE: generate,
  CHAT: chat,
  EMBED: embed,
};

export const JOB_KINDS = Object.keys(JOB_KINDS_TABLE) as readonly JobKind[];

/** Something of each kind. */
export function ofEachKind<T>(of: (spec: JobKindSpec<JobKind>) => T): Readonly<Record<JobKind, T>> {
  return Object.fromEntries(JOB_KINDS.map((kind) => [kind, of(JOB_KINDS_TABLE[kind])])) as Record<JobKind, T>;
}

export function kindOf<K extends JobKind>(kind: K): JobKindSpec<K> {
  return JOB_KINDS_TABLE[kind];
}

/** The request with something else in the place of each of its images. */
export function mapImages<A, B>(request: JobRequest<A>, map: (image: A) => B): JobRequest<B> {
  return specOf(request).mapImages(request, map);
}

/** Every blob that a request refers to, each once. */
export function blobsOf(request: JobRequest): readonly BlobHash[] {
  const found = new Set<BlobHash>();
  mapImages(request, (hash) => found.add(hash));
  return [...found];
}

/** What comes out of a job of this kind. */
export function resultOf(kind: JobKind): JobResult['kind'] {
  return kindOf(kind).result;
}

/** Whether a prompt of it that is too long for every context may be cut. */
export function mayCut(request: JobRequest<unknown>): boolean {
  return request.truncate ?? specOf(request).cutsUnlessForbidden;
}

/** The entry of a request's own kind, for callers that do not know which it is. */
export function specOf(request: { readonly kind: JobKind }): JobKindSpec<JobKind> {
  return JOB_KINDS_TABLE[request.kind];
}
