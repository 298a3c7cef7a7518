/** Lets callers to the fields of a schema by the table of scopes: resolvers need not ask. */
import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { ForbiddenError, letIn } from '../domain/principal.ts';
import { WAYS_IN } from '../domain/scopes.ts';
import type { GraphQLContext } from './context.ts';
import { requestError } from './request-errors.ts';

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext>;

/** The same schema, every field of its root types guarded, and those of other types that the table names. */
export function guarded(schema: GraphQLSchema): GraphQLSchema {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const ways = roots.flatMap((type) => Object.keys(type?.getFields() ?? {}).map((name) => `${type}.${name}`));
  for (const way of new Set([...ways, ...WAYS_IN.filter((each) => /^\w+\.\w+$/.test(each))])) {
    const [typeName = '', fieldName = ''] = way.split('.');
    const type = schema.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (!field) throw new Error(`The table of scopes names ${way}, which the schema does not have.`);
    if (field.subscribe) field.subscribe = letting(way, field.subscribe as Resolver);
    else field.resolve = letting(way, (field.resolve ?? defaultFieldResolver) as Resolver);
  }
  return schema;
}

function letting(way: string, resolve: Resolver): Resolver {
  return (parent, args, context, info) => {
    try {
      letIn(context.principal, way);
      const value = resolve(parent, args, context, info);
      return value instanceof Promise ? value.catch(tell) : value;
    } catch (error) {
      return tell(error);
    }
  };
}

/** @throws GraphQLError FORBIDDEN; anything else as it is */
function tell(error: unknown): never {
  throw error instanceof ForbiddenError ? requestError(error.code, error.message) : error;
}
