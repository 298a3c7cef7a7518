/** What a job kind is: everything that differs from kind to kind, but for how a backend is asked. */
import type { z } from 'zod';
import type { InputIssue } from '../domain/errors.ts';
import type { JobResult } from '../domain/job.ts';
import type { Capability } from '../domain/model.ts';
import type { ImageReference, ImageSource, JobKind, RequestOf } from '../domain/request.ts';

/** Fields that are for those who bring a decoded request, and not in the API's input. */
type TypedOnly = 'debugRenderOnly' | 'echo' | 'normalize';

/**
 * A schema for each field of a request, as the API's input has it: one that is missing, or that the request does not have, does not compile.
 * The options are the same for all kinds. Of `null`, which stands for an absent field, nothing is left.
 */
export type ShapeOf<K extends JobKind> = {
  readonly [Field in Exclude<keyof RequestOf<K, ImageSource>, 'kind' | 'options' | TypedOnly>]-?: z.ZodType<
    RequestOf<K, ImageSource>[Field]
  >;
} & {
  /** Whether the context moves on when it is full: a wish, for kinds whose calls may say so. */
  readonly shift?: z.ZodType<boolean | undefined>;
  /** Images that were handed in before, for kinds that take images. */
  readonly imageIds?: z.ZodType<readonly ImageReference[] | undefined>;
};

/** What has to fit into one context. */
export interface Prompt {
  readonly texts: readonly string[];
  /** Messages that a template frames. */
  readonly turns: number;
  readonly images: number;
  /** What is there as tokens already. */
  readonly tokens: number;
}

/** Something that a model cannot do and a request asks for. */
export interface Lack {
  /** Of the field, within the request. */
  readonly path: readonly string[];
  /** Goes on after the name of the model: "does not think". */
  readonly what: string;
}

export interface JobKindSpec<K extends JobKind> {
  /** What it asks of a model, for people. */
  readonly description: string;
  /** Its name in the API's `JobRequestInput`. */
  readonly field: Lowercase<K>;
  /** The field of its request by which a job written without that name is known to be of this kind. */
  readonly tellingField: string;
  /** How the API's input is read. It is stricter than a request has to be. */
  readonly shape: ShapeOf<K>;
  /** What is wrong with the fields together, when each of them is right. */
  rules?(request: RequestOf<K, ImageSource>): readonly InputIssue[];
  /** The request with something else in the place of each of its images. */
  mapImages<A, B>(request: RequestOf<K, A>, map: (image: A) => B): RequestOf<K, B>;
  /** Each has a context of its own. What a template may leave out of it (what was thought before, for one) is not among its texts. */
  prompts(request: RequestOf<K, unknown>): readonly Prompt[];
  /** Whether a prompt that is too long is cut where nobody says whether it may be. */
  readonly cutsUnlessForbidden: boolean;
  /** What a model would have to be able to do, and cannot. */
  lacks(request: RequestOf<K, unknown>, can: (capability: Capability) => boolean): readonly Lack[];
  /** What comes out of it. */
  readonly result: JobResult['kind'];
}
