/** The limits as a validation rule, and those that must hold before there is anything to validate. */
import {
  type DocumentNode,
  GraphQLError,
  Kind,
  Lexer,
  type ParseOptions,
  parse,
  Source,
  TokenKind,
  type ValidationRule,
} from 'graphql';
import { limitError, type QueryLimits } from './limits.ts';
import { Measurer } from './measure.ts';

export function limitsRule(limits: QueryLimits): ValidationRule {
  return function QueryLimitsRule(context) {
    const fragments = context
      .getDocument()
      .definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
    const measurer = new Measurer(context.getSchema(), fragments, limits.page);
    return {
      OperationDefinition(node) {
        const { page, ...measures } = measurer.operation(node);
        for (const limit of ['depth', 'aliases', 'fields', 'cost'] as const) {
          const found = measures[limit];
          if (found > limits[limit])
            context.reportError(limitError(limit, limits[limit], found, { nodes: node }));
        }
        if (page && page.size > limits.page) {
          context.reportError(limitError('page', limits.page, page.size, { nodes: page.node }));
        }
        return false;
      },
    };
  };
}

/** Parses within the limits on text and tokens. @throws GraphQLError */
export function parseWithin(
  limits: QueryLimits,
  query: string | Source,
  options: ParseOptions = {},
): DocumentNode {
  const source = typeof query === 'string' ? new Source(query) : query;
  if (source.body.length > limits.characters) {
    throw limitError('characters', limits.characters, source.body.length);
  }
  try {
    return parse(source, { ...options, maxTokens: limits.tokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    if (hasMoreTokens(source, limits.tokens))
      throw limitError('tokens', limits.tokens, Number.POSITIVE_INFINITY);
    throw new GraphQLError(error.message, {
      source: error.source,
      positions: error.positions,
      extensions: { code: 'GRAPHQL_PARSE_FAILED', http: { spec: true, status: 400 } },
    });
  }
}

/** Whether the text, as far as it can be read, has more tokens than that. Reads no further. */
function hasMoreTokens(source: Source, limit: number): boolean {
  const lexer = new Lexer(source);
  try {
    for (let count = 0; count <= limit; count += 1) {
      if (lexer.advance().kind === TokenKind.EOF) return false;
    }
  } catch {
    // Unreadable before the limit: the parser has said where.
    return false;
  }
  return true;
}
