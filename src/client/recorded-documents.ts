/** The operations that read what a server has done, to have it done again in virtual time. */
import { graphql } from './generated/index.ts';

export const RecordedJobs = graphql(`
  query RecordedJobs($first: Int!, $after: String) {
    jobs(first: $first, after: $after, filter: { statuses: [COMPLETE] }) {
      nodes {
        modelName
        client
        priority
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

export const ModelSizes = graphql(`
  query ModelSizes($first: Int!, $after: String) {
    models(first: $first, after: $after) {
      nodes {
        name
        diskBytes
        vramEstimate {
          bytes
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
