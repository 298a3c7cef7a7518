/** The operations of `vramkeeper top`. */
import { graphql } from './generated/index.ts';

export const TopMemory = graphql(`
  subscription TopMemory {
    vramChanged(minInterval: 250) {
      backends {
        name
        health
        capabilities {
          startsProcesses
        }
        cells {
          role
          status
          residentBytes
        }
        gpus {
          index
          name
          foreignProcesses {
            pid
            name
            bytes
          }
          reservations {
            owner
            bytes
            ready
            expiresAt
          }
          vram {
            totalBytes
            headroomBytes
            reservedBytes
            foreignBytes
            instanceBytes
            freeBytes
            deficitBytes
            sampledAt
          }
        }
        instances {
          id
          modelName
          status
          contextLength
          parallel
          pinned
          spilled
          expiresAt
          lastUsedAt
          vramBytes
          activeJobs {
            id
          }
          gpus {
            index
          }
        }
      }
    }
  }
`);

export const TopSituation = graphql(`
  query TopSituation($decisions: Int!) {
    health {
      ...TopHealth
    }
    stats {
      ...TopStats
    }
    decisions(first: $decisions) {
      nodes {
        ...TopDecision
      }
    }
  }

  fragment TopHealth on Health {
    status
    problems {
      message
    }
  }

  fragment TopStats on Stats {
    version
    startedAt
    paused
    counts {
      pending
      queued
      running
    }
    swaps {
      loads
      evictions
      coldStarts
      warmStarts
    }
    latency {
      queueP50
      queueP95
    }
    queues {
      modelName
      contextLength
      pendingHigh
      pendingNormal
      pendingLow
      oldestAge
      expectedClear
    }
  }

  fragment TopDecision on Decision {
    at
    kind
    modelName
    explanation
  }
`);

export const TopStatsChanged = graphql(`
  subscription TopStatsChanged {
    statsChanged {
      health {
        ...TopHealth
      }
      stats {
        ...TopStats
      }
    }
  }
`);

export const TopDecided = graphql(`
  subscription TopDecided {
    decided {
      decision {
        ...TopDecision
      }
    }
  }
`);

/** The longest-running first. */
export const TopRunning = graphql(`
  query TopRunning {
    jobs(first: 50, filter: { statuses: [RUNNING] }, orderBy: { field: CREATED_AT, direction: ASC }) {
      nodes {
        id
        client
        modelName
        pieces
        priority
        startedAt
      }
    }
  }
`);
