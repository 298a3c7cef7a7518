/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  mutation Submit($input: SubmitJobInput!) {\n    submitJob(input: $input) {\n      ... on SubmitJobPayload { job { id } }\n      ... on UserError { message }\n    }\n  }\n": typeof types.SubmitDocument,
    "\n  subscription Output($id: ID!) {\n    jobOutput(id: $id) { channel text }\n  }\n": typeof types.OutputDocument,
    "\n  query Summary($id: ID!) {\n    job(id: $id) {\n      status\n      failure { code message }\n      result { ... on TextResult { usage { completionTokens evalDuration } } }\n    }\n  }\n": typeof types.SummaryDocument,
};
const documents: Documents = {
    "\n  mutation Submit($input: SubmitJobInput!) {\n    submitJob(input: $input) {\n      ... on SubmitJobPayload { job { id } }\n      ... on UserError { message }\n    }\n  }\n": types.SubmitDocument,
    "\n  subscription Output($id: ID!) {\n    jobOutput(id: $id) { channel text }\n  }\n": types.OutputDocument,
    "\n  query Summary($id: ID!) {\n    job(id: $id) {\n      status\n      failure { code message }\n      result { ... on TextResult { usage { completionTokens evalDuration } } }\n    }\n  }\n": types.SummaryDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Submit($input: SubmitJobInput!) {\n    submitJob(input: $input) {\n      ... on SubmitJobPayload { job { id } }\n      ... on UserError { message }\n    }\n  }\n"): typeof import('./graphql.ts').SubmitDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription Output($id: ID!) {\n    jobOutput(id: $id) { channel text }\n  }\n"): typeof import('./graphql.ts').OutputDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Summary($id: ID!) {\n    job(id: $id) {\n      status\n      failure { code message }\n      result { ... on TextResult { usage { completionTokens evalDuration } } }\n    }\n  }\n"): typeof import('./graphql.ts').SummaryDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
