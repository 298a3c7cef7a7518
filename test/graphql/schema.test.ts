import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  validateSchema,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { schemaText, writtenSchema } from '../../src/graphql/print-schema.ts';
import { schema } from '../../src/graphql/schema.ts';

const types: readonly GraphQLNamedType[] = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);

test('schema.graphql is what the code says (npm run schema)', () => {
  expect(writtenSchema()).toBe(schemaText());
});

test('the schema is valid', () => {
  expect(validateSchema(schema)).toEqual([]);
});

describe('documentation', () => {
  const rootNames = ['Query', 'Mutation', 'Subscription'];

  test('every type says what it is', () => {
    const silent = types.filter((type) => !type.description && !isUnionType(type));
    expect(silent.map((type) => type.name).filter((name) => !rootNames.includes(name))).toEqual([]);
  });

  test('every operation and every value of an enum says what it means', () => {
    const parts = types.flatMap(
      (type): readonly { name: string; description?: string | null | undefined }[] => {
        if (isEnumType(type)) return type.getValues();
        return isObjectType(type) && rootNames.includes(type.name) ? Object.values(type.getFields()) : [];
      },
    );
    expect(parts.filter((part) => !part.description).map((part) => part.name)).toEqual([]);
  });

  test('every field that may be null says when, unless it is an input', () => {
    const silent = types.flatMap((type) =>
      isObjectType(type)
        ? Object.values(type.getFields())
            .filter((field) => !String(field.type).endsWith('!') && !field.description)
            .map((field) => `${type.name}.${field.name}`)
        : [],
    );
    expect(silent).toEqual(['Decision.modelName']);
  });
});

test('no Int carries bytes or milliseconds', () => {
  const wrong = types.flatMap((type) =>
    isObjectType(type) || isInputObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields())
          .filter((field) => String(field.type).includes('Int'))
          .filter((field) => /bytes|ms$|duration|time|age$|after$/i.test(field.name))
          .map((field) => `${type.name}.${field.name}`)
      : [],
  );
  expect(wrong).toEqual([]);
});

test('every error in a result union can be read as UserError', () => {
  const results = types
    .filter(isUnionType)
    .filter((union) => union.name.endsWith('Result') && union.name !== 'JobResult');
  expect(results.length).toBeGreaterThanOrEqual(11);
  for (const union of results) {
    const isSuccess = (name: string) => name.endsWith('Payload') || `${name}Result` === union.name;
    const errors = union.getTypes().filter((member) => !isSuccess(member.name));
    expect(errors.length, union.name).toBeGreaterThan(0);
    for (const error of errors) {
      expect(
        error.getInterfaces().map((one) => one.name),
        error.name,
      ).toEqual(['UserError']);
    }
  }
});
