/** The operations of the command line that ask how things are: health, decisions, what is in memory. */
import { graphql } from './generated/index.ts';

export const HealthReport = graphql(`
  query HealthReport {
    health {
      status
      problems {
        code
        message
        backend {
          name
        }
      }
      backends {
        name
        url
        mode
        health
        version
        gpus {
          index
        }
        vram {
          totalBytes
          usedBytes
        }
      }
    }
    stats {
      startEstimates {
        sampleCount
        medianError
      }
      workEstimates {
        sampleCount
        medianError
        bias
      }
    }
  }
`);

export const Decisions = graphql(`
  query Decisions($first: Int!, $after: String, $filter: DecisionFilter) {
    decisions(first: $first, after: $after, filter: $filter) {
      totalCount
      nodes {
        at
        kind
        modelName
        explanation
        backend {
          name
        }
        job {
          id
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const InMemory = graphql(`
  query InMemory {
    backends {
      name
      instances {
        id
        modelName
        status
        contextLength
        parallel
        pinned
        spilled
        expiresAt
        keepAlive
        vramBytes
        memory {
          bytes
          gpuBytes
        }
        activeJobs {
          id
        }
        gpus {
          index
        }
        model {
          digest
        }
      }
    }
  }
`);
