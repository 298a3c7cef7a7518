/** The operations of the command line that change jobs and batches which are there already, and the queue as a whole. */
import { graphql } from './generated/index.ts';

export const KindsOfIds = graphql(`
  query KindsOfIds($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      id
    }
  }
`);

export const IdsWithPrefix = graphql(`
  query IdsWithPrefix($prefix: String!) {
    idsWithPrefix(prefix: $prefix)
  }
`);

export const ShowBatch = graphql(`
  query ShowBatch($id: ID!) {
    batch(id: $id) {
      id
      name
      client
      createdAt
      finishedAt
      expectedEnd
      counts {
        pending
        queued
        running
        complete
        failed
        cancelled
        total
      }
    }
  }
`);

export const ListBatches = graphql(`
  query ListBatches($first: Int!, $after: String, $kind: String, $client: String) {
    batches(first: $first, after: $after, kind: $kind, client: $client) {
      totalCount
      nodes {
        id
        name
        client
        createdAt
        expectedEnd
        finishedAt
        kept
        counts {
          pending
          queued
          running
          complete
          failed
          cancelled
          total
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const KeepBatch = graphql(`
  mutation KeepBatch($input: UpdateBatchInput!) {
    updateBatch(input: $input) {
      __typename
      ... on UpdateBatchPayload {
        batch {
          id
          kept
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const CheckBatch = graphql(`
  query CheckBatch($input: SubmitBatchInput!) {
    checkBatch(input: $input) {
      path
      message
    }
  }
`);

export const CancelJob = graphql(`
  mutation CancelJob($input: CancelJobInput!) {
    cancelJob(input: $input) {
      __typename
      ... on CancelJobPayload {
        job {
          status
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const RetryJob = graphql(`
  mutation RetryJob($input: RetryJobInput!) {
    retryJob(input: $input) {
      __typename
      ... on RetryJobPayload {
        job {
          status
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const UpdateJobPriority = graphql(`
  mutation UpdateJobPriority($input: UpdateJobPriorityInput!) {
    updateJobPriority(input: $input) {
      __typename
      ... on UpdateJobPriorityPayload {
        job {
          status
          priority
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

export const CancelJobs = graphql(`
  mutation CancelJobs($input: CancelJobsInput!) {
    cancelJobs(input: $input) {
      __typename
      ... on CancelJobsPayload {
        changed
        more
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

export const RetryJobs = graphql(`
  mutation RetryJobs($input: RetryJobsInput!) {
    retryJobs(input: $input) {
      __typename
      ... on RetryJobsPayload {
        changed
        more
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

export const UpdateJobPriorities = graphql(`
  mutation UpdateJobPriorities($input: UpdateJobPrioritiesInput!) {
    updateJobPriorities(input: $input) {
      __typename
      ... on UpdateJobPrioritiesPayload {
        changed
        more
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

export const PauseScheduler = graphql(`
  mutation PauseScheduler {
    pauseScheduler {
      stats {
        paused
        counts {
          pending
          queued
          running
        }
      }
    }
  }
`);

export const ResumeScheduler = graphql(`
  mutation ResumeScheduler {
    resumeScheduler {
      stats {
        paused
        counts {
          pending
          queued
          running
        }
      }
    }
  }
`);
