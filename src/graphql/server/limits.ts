/** How much one operation may ask for. Checked before it runs, the same for HTTP and WebSocket. */
import { GraphQLError, type GraphQLErrorOptions } from 'graphql';

export interface QueryLimits {
  /** Characters of the query text. Long prompts and images belong into variables. */
  readonly characters: number;
  readonly tokens: number;
  /** Selection sets within selection sets. */
  readonly depth: number;
  readonly aliases: number;
  /** Fields, those of a fragment counted wherever it is spread. */
  readonly fields: number;
  /** The largest `first` or `last`. */
  readonly page: number;
  /** Fields times the items of the lists that they are in; a field that takes much work counts as many. */
  readonly cost: number;
}

/** What is refused while an operation runs, beside the limits that hold before. */
type Limit = keyof QueryLimits | 'answerBytes' | 'eventBytes';

export const DEFAULT_LIMITS: QueryLimits = {
  characters: 131_072,
  tokens: 2_000,
  depth: 12,
  aliases: 30,
  fields: 500,
  page: 100,
  cost: 100_000,
};

const WHAT: Readonly<Record<Limit, { readonly unit: string; readonly remedy: string }>> = {
  characters: { unit: 'characters of query text', remedy: 'Pass long texts in variables.' },
  tokens: { unit: 'tokens', remedy: 'Ask for less, or pass values in variables.' },
  depth: { unit: 'levels of nesting', remedy: 'Fetch inner objects by their id in a query of their own.' },
  aliases: { unit: 'aliases', remedy: 'Send several queries.' },
  fields: { unit: 'fields', remedy: 'Ask for fewer fields, or send several queries.' },
  page: { unit: 'items of a page', remedy: 'Fetch further pages with `after`.' },
  cost: {
    unit: 'fields in all items of all lists',
    remedy: 'Ask for smaller pages, or for fewer fields of lists within lists.',
  },
  answerBytes: {
    unit: 'bytes of stored results',
    remedy: 'Ask for smaller pages: fewer jobs at once, and embeddings by `first` and `offset`.',
  },
  eventBytes: {
    unit: 'bytes of stored results in one message',
    remedy: 'Ask for them by a query over HTTP, whose answers may be larger.',
  },
};

/** A refusal that names the limit: in its message for people, in its extensions for programs. */
export function limitError(
  limit: Limit,
  maximum: number,
  found: number,
  options: GraphQLErrorOptions = {},
): GraphQLError {
  const { unit, remedy } = WHAT[limit];
  const foundText = Number.isSafeInteger(found) ? `${found}` : 'far more';
  return new GraphQLError(`This asks for ${foundText} ${unit}; at most ${maximum} are allowed. ${remedy}`, {
    ...options,
    extensions: {
      code: 'QUERY_LIMIT_EXCEEDED',
      limit,
      maximum,
      ...(Number.isSafeInteger(found) ? { found } : {}),
      http: { spec: true, status: 400 },
    },
  });
}
