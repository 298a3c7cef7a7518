/** Every operation that the command line uses; `generated/` holds what they mean in types. */
import { graphql } from './generated/index.ts';

export const SubmitJob = graphql(`
  mutation SubmitJob($input: SubmitJobInput!) {
    submitJob(input: $input) {
      __typename
      ... on SubmitJobPayload {
        job {
          id
          kind
          modelName
        }
      }
      ... on InvalidInputError {
        issues {
          path
          message
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const SubmitBatch = graphql(`
  mutation SubmitBatch($input: SubmitBatchInput!) {
    submitBatch(input: $input) {
      __typename
      ... on SubmitBatchPayload {
        batch {
          id
        }
      }
      ... on InvalidInputError {
        issues {
          path
          message
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const BatchJobs = graphql(`
  query BatchJobs($id: ID!, $after: String) {
    batch(id: $id) {
      jobs(first: 100, after: $after) {
        nodes {
          id
          modelName
          status
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export const ExpectedEnds = graphql(`
  query ExpectedEnds($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      ... on Job {
        status
        finishedAt
        expectedEndAt
      }
    }
  }
`);

export const JobStates = graphql(`
  query JobStates($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      ... on Job {
        id
        status
      }
    }
  }
`);

export const JobTimes = graphql(`
  query JobTimes($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      ... on Job {
        kind
        modelName
        status
        createdAt
        startedAt
        finishedAt
        result {
          __typename
          ... on TextResult {
            truncated
          }
          ... on EmbedResult {
            truncated
          }
        }
      }
    }
  }
`);

export const JobUpdates = graphql(`
  subscription JobUpdates($filter: JobFilter) {
    jobUpdated(filter: $filter) {
      type
      job {
        id
        status
      }
    }
  }
`);

export const JobWaits = graphql(`
  query JobWaits($id: ID!) {
    job(id: $id) {
      status
      queuePosition
      waiting {
        reason
        explanation
      }
    }
  }
`);

export const JobOutput = graphql(`
  subscription JobOutput($id: ID!, $attempt: Int, $fromOffset: Int) {
    jobOutput(id: $id, attempt: $attempt, fromOffset: $fromOffset) {
      attempt
      channel
      offset
      text
    }
  }
`);

export const ListJobs = graphql(`
  query ListJobs($first: Int!, $after: String, $filter: JobFilter) {
    jobs(first: $first, after: $after, filter: $filter) {
      totalCount
      nodes {
        id
        status
        priority
        kind
        modelName
        client
        createdAt
        startedAt
        finishedAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const ShowJob = graphql(`
  query ShowJob($id: ID!) {
    job(id: $id) {
      id
      status
      kind
      modelName
      priority
      client
      queuePosition
      createdAt
      startedAt
      finishedAt
      deadline
      maxAttempts
      metadata
      labels {
        key
        value
      }
      batch {
        id
        name
      }
      backend {
        name
      }
      expectedStartAt
      expectedEndAt
      waiting {
        reason
        explanation
      }
      failure {
        code
        message
        retryable
      }
      attempts {
        number
        backendName
        startedAt
        finishedAt
        failure {
          code
          message
        }
      }
      result {
        __typename
        ... on TextResult {
          contextLength
          doneReason
          text
          thinking
          toolCalls
          truncated
          usage {
            promptTokens
            promptDuration
            completionTokens
            cost
            evalDuration
            loadDuration
          }
        }
        ... on EmbedResult {
          bytes
          contextLength
          count
          dimensions
          truncated
          usage {
            promptTokens
            promptDuration
            completionTokens
            cost
            evalDuration
            loadDuration
          }
        }
      }
    }
  }
`);

export const ReadEmbeddings = graphql(`
  query ReadEmbeddings($id: ID!, $first: Int!, $offset: Int!) {
    job(id: $id) {
      result {
        __typename
        ... on EmbedResult {
          embeddings(first: $first, offset: $offset)
        }
      }
    }
  }
`);

export const Situation = graphql(`
  query Situation {
    stats {
      counts {
        pending
        queued
        running
      }
      swaps {
        loads
        unloads
        evictions
      }
      latency(window: 3600000) {
        queueP50
        queueP95
        runP50
      }
    }
  }
`);

export const VramUpdates = graphql(`
  subscription VramUpdates {
    vramChanged(minInterval: 250) {
      backends {
        health
        problem
        vram {
          totalBytes
          usedBytes
        }
        instances {
          modelName
          status
        }
      }
    }
  }
`);

export const ServerVersion = graphql(`
  query ServerVersion {
    stats {
      version
    }
  }
`);
