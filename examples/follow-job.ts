/**
 * Submits a job to a vramkeeper server, prints its text as it is produced, and then what it took.
 *
 *   node examples/follow-job.ts qwen2.5:0.5b "Why is the sky blue?"
 *
 * The server is that of VRAMKEEPER_URL, else http://127.0.0.1:5001.
 */
import { createClient } from 'graphql-ws';
import type { TypedDocumentString } from './generated/graphql.ts';
import { graphql } from './generated/index.ts';

const server = new URL('/graphql', process.env.VRAMKEEPER_URL ?? 'http://127.0.0.1:5001');

const Submit = graphql(`
  mutation Submit($input: SubmitJobInput!) {
    submitJob(input: $input) {
      ... on SubmitJobPayload { job { id } }
      ... on UserError { message }
    }
  }
`);

const Output = graphql(`
  subscription Output($id: ID!) {
    jobOutput(id: $id) { channel text }
  }
`);

const Summary = graphql(`
  query Summary($id: ID!) {
    job(id: $id) {
      status
      failure { code message }
      result { ... on TextResult { usage { completionTokens evalDuration } } }
    }
  }
`);

async function request<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(server, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: String(document), variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Result; errors?: { message: string }[] };
  if (!data || errors)
    throw new Error(errors?.map((error) => error.message).join(' ') ?? response.statusText);
  return data;
}

async function* follow<Result, Variables extends Record<string, unknown>>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): AsyncGenerator<Result> {
  const socket = createClient({ url: server.href.replace(/^http/, 'ws') });
  try {
    for await (const { data, errors } of socket.iterate<Result>({ query: String(document), variables })) {
      if (!data || errors) throw new Error(errors?.map((error) => error.message).join(' '));
      yield data;
    }
  } finally {
    await socket.dispose();
  }
}

const [model, prompt] = process.argv.slice(2);
if (!model || !prompt) throw new Error('Give a model and a prompt: node examples/follow-job.ts MODEL PROMPT');

const { submitJob } = await request(Submit, { input: { model, request: { generate: { prompt } } } });
if (!('job' in submitJob)) throw new Error(submitJob.message);
const { id } = submitJob.job;

for await (const { jobOutput } of follow(Output, { id })) {
  if (jobOutput.channel === 'TEXT') process.stdout.write(jobOutput.text);
}

const { job } = await request(Summary, { id });
console.log(`\n${job?.status}`, job?.failure ?? job?.result);
