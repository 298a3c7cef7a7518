/** Reads what the API's input says of a request: exactly one field of a kind. */
import { z } from 'zod';
import type { ImageSource, JobKind, JobRequest } from '../domain/request.ts';
import { type ImageFields, optional, withImages } from './fields.ts';
import type { JobKindSpec } from './kind.ts';
import { JOB_KINDS, kindOf } from './kinds.ts';
import { type ApiOptions, options } from './options.ts';
import type { InstanceWishes } from './wishes.ts';

export interface ReadRequest {
  readonly request: JobRequest<ImageSource>;
  readonly wishes: InstanceWishes;
}

/** What the shape of a kind has read, with the wishes still in it. */
type Fields = JobRequest<ImageSource> & {
  readonly shift?: boolean;
  readonly options?: ApiOptions;
};

function readKind(kind: JobKind, { shape, rules }: JobKindSpec<JobKind>) {
  return z.object({ ...shape, options: optional(options) }).transform((fields, context): ReadRequest => {
    // `ShapeOf` has a schema for each field of a request of this kind, of the type of that field.
    const read = { kind, ...withImages(fields as ImageFields, context) } as Fields;
    for (const issue of rules?.(read) ?? [])
      context.addIssue({ code: 'custom', ...issue, path: [...issue.path] });
    return split(read);
  });
}

/** The wishes belong to the variant, not to the request. */
function split({ shift, options: given, ...fields }: Fields): ReadRequest {
  const { contextLength, ...rest } = given ?? {};
  const some = Object.values(rest).some((value) => value !== undefined);
  return { request: { ...fields, options: some ? rest : undefined }, wishes: { contextLength, shift } };
}

const FIELDS = JOB_KINDS.map((kind) => kindOf(kind).field);
const CHOICE = `${FIELDS.slice(0, -1).join(', ')} and ${FIELDS.at(-1)}`;

/** The schema of `JobRequestInput`. Made once: a schema costs more to make than to use. */
export const requestSchema = z
  .object(
    Object.fromEntries(
      JOB_KINDS.map((kind) => {
        const spec: JobKindSpec<JobKind> = kindOf(kind);
        return [spec.field, optional(readKind(kind, spec))];
      }),
    ),
  )
  .transform((request, context): ReadRequest => {
    const given = Object.values(request).filter((value) => value !== undefined);
    const [only] = given;
    if (only && given.length === 1) return only;
    context.addIssue({ code: 'custom', message: `must have exactly one of ${CHOICE}.` });
    return z.NEVER;
  });
