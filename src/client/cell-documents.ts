/** The operations of the command line that are about the server processes of managed backends. */
import { graphql } from './generated/index.ts';

export const Cells = graphql(`
  query Cells {
    backends {
      id
      name
      capabilities {
        startsProcesses
      }
      cells {
        id
        role
        modelName
        gpus {
          index
        }
        pid
        port
        status
        residentBytes
        startedAt
        endedAt
        exitReason
      }
    }
  }
`);

export const CellLog = graphql(`
  query CellLog($id: ID!, $lines: Int!) {
    node(id: $id) {
      __typename
      ... on Cell {
        status
        endedAt
        exitReason
        logTail(lines: $lines)
      }
    }
  }
`);
