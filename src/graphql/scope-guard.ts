/** Lets callers to the fields of a schema by the table of scopes, and has what they change audited: resolvers need to do neither. */
import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { ForbiddenError, letIn } from '../domain/principal.ts';
import { WAYS_IN } from '../domain/scopes.ts';
import { auditMutation } from './audited.ts';
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
    const tell = (error: unknown): never => {
      const told = error instanceof ForbiddenError ? requestError(error.code, error.message) : error;
      auditMutation(way, args, context, { error: told });
      throw told;
    };
    const done = (value: unknown) => {
      auditMutation(way, args, context, { value });
      return value;
    };
    try {
      letIn(context.principal, way);
      const value = resolve(parent, args, context, info);
      return value instanceof Promise ? value.then(done, tell) : done(value);
    } catch (error) {
      return tell(error);
    }
  };
}
