import { buildSchema, execute, type GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { withoutValues } from '../../../src/graphql/server/without-values.ts';

const SECRET = 'a secret" at "input.x"; Expected ; value: found: secret';
const schema: GraphQLSchema = buildSchema(`
  enum Colour { RED }
  input Part { text: String! count: Int flag: Boolean id: ID number: Float colour: Colour parts: [Part!] }
  type Query { take(input: Part!, texts: [String!]): String }
`);

const secretText = JSON.stringify(SECRET);
const WRONG: readonly unknown[] = [
  { text: { a: SECRET } },
  { text: [SECRET] },
  { text: 'x', count: SECRET },
  { text: 'x', flag: SECRET },
  { text: 'x', id: { a: SECRET } },
  { text: 'x', number: SECRET },
  { text: 'x', colour: SECRET },
  { text: 'x', parts: [{ text: 'x' }, { text: { b: SECRET } }] },
  { other: SECRET },
  SECRET,
];

test.each(WRONG.map((value) => [JSON.stringify(value), value] as const))(
  'the value of a variable is left out: %s',
  (_text, value) => {
    const document = parse('query ($input: Part!) { take(input: $input) }');
    const { errors = [] } = execute({ schema, document, variableValues: { input: value } }) as {
      errors?: readonly GraphQLError[];
    };
    expect(errors.length).toBeGreaterThan(0);
    for (const { message } of errors) {
      const told = withoutValues(message);
      expect(message).toContain('secret');
      expect(told).not.toContain('secret');
      expect(told).toMatch(/^Variable "\$input" (got|has) invalid value/);
    }
  },
);

test('what is wrong with a text of the query is said without the text', () => {
  for (const literal of [
    `{ text: { a: ${secretText} } }`,
    `{ text: "x", count: ${secretText} }`,
    `{ text: "x", colour: ${secretText} }`,
    secretText,
  ]) {
    const errors = validate(schema, parse(`{ take(input: ${literal}) }`));
    expect(errors.length).toBeGreaterThan(0);
    for (const { message } of errors) expect(withoutValues(message)).not.toContain('secret');
  }
  for (const query of [
    `{ take(input: "x" ${secretText}) }`,
    `{ take ${secretText} }`,
    `{ take(input: """${SECRET.replaceAll('"', '')}""" "x" : ) }`,
  ]) {
    let message = '';
    try {
      parse(query);
    } catch (error) {
      message = (error as GraphQLError).message;
    }
    expect(message).toMatch(/Syntax Error/);
    expect(withoutValues(message)).not.toContain('secret');
  }
});

test('the form of the other executor is known, too', () => {
  const rules = [
    `String cannot represent a non string value: ${secretText}`,
    `Expected value of type "Part" not to include unknown field "x". Found: { x: ${secretText} }.`,
    `Value ${secretText} does not exist in "Colour" enum.`,
  ];
  for (const rule of rules)
    for (const place of [' at "input.text"', ''])
      expect(
        withoutValues(`Variable "$input" got invalid value ${secretText}${place}; ${rule}`),
      ).not.toContain('secret');
});

test('place and rule stay, and all other errors are as they are', () => {
  expect(
    withoutValues(
      'Variable "$input" got invalid value "x" at "input.count"; Int cannot represent non-integer value: "x"',
    ),
  ).toBe(
    'Variable "$input" got invalid value at "input.count"; Int cannot represent non-integer value of another type.',
  );
  for (const message of [
    'There is no job with this id.',
    'Cannot query field "x" on type "Query".',
    'Variable "$input" of required type "Part!" was not provided.',
  ])
    expect(withoutValues(message)).toBe(message);
});
