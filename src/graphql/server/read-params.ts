/** The operation that a request asks for, from its body or its address. */
import { GraphQLError } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';

/** @param params undefined where the body is no JSON. @throws GraphQLError BAD_REQUEST */
export function readParams(params: unknown): GraphQLParams {
  if (params === undefined) throw badRequest('The body is not JSON.');
  if (typeof params !== 'object' || params === null) {
    throw badRequest('The body must be a JSON object with the query in `query`.');
  }
  return params;
}

/** @throws GraphQLError BAD_REQUEST */
export function readQuery(url: string): GraphQLParams {
  const { searchParams } = new URL(url);
  const text = (name: string) => searchParams.get(name) || undefined;
  const json = (name: string) => {
    const value = text(name);
    if (value === undefined) return undefined;
    try {
      return JSON.parse(value);
    } catch {
      throw badRequest(`The parameter ${name} of the address is not JSON.`);
    }
  };
  return {
    // Something may stand for the query under another name.
    ...(text('query') ? {} : Object.fromEntries(searchParams)),
    operationName: text('operationName'),
    query: text('query'),
    variables: json('variables'),
    extensions: json('extensions'),
  } as GraphQLParams;
}

function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
  });
}
