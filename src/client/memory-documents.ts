/** The operations of the command line that are about GPU memory. */
import { graphql } from './generated/index.ts';

export const LoadModel = graphql(`
  mutation LoadModel($input: LoadModelInput!) {
    loadModel(input: $input) {
      __typename
      ... on LoadModelPayload {
        instance {
          ...PlacedInstance
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

  fragment PlacedInstance on Instance {
    modelName
    contextLength
    vramBytes
    spilled
    pinned
    backend {
      name
    }
    gpus {
      index
    }
  }
`);

export const PinModel = graphql(`
  mutation PinModel($input: PinModelInput!) {
    pinModel(input: $input) {
      __typename
      ... on PinModelPayload {
        instance {
          ...PlacedInstance
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

export const UnloadModel = graphql(`
  mutation UnloadModel($input: UnloadModelInput!) {
    unloadModel(input: $input) {
      __typename
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const UnpinModel = graphql(`
  mutation UnpinModel($input: UnpinModelInput!) {
    unpinModel(input: $input) {
      __typename
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const Gpus = graphql(`
  query Gpus {
    backends {
      id
      name
      gpus {
        id
        index
        name
      }
    }
  }
`);

export const ReserveVram = graphql(`
  mutation ReserveVram($input: ReserveVramInput!) {
    reserveVram(input: $input) {
      __typename
      ... on ReserveVramPayload {
        reservation {
          id
          bytes
          ready
          expiresAt
          gpu {
            index
            name
          }
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

export const ReleaseVram = graphql(`
  mutation ReleaseVram($input: ReleaseVramInput!) {
    releaseVram(input: $input) {
      __typename
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

export const Reservations = graphql(`
  query Reservations {
    reservations {
      id
      owner
      bytes
      ready
      kind
      expiresAt
      gpu {
        index
        name
      }
    }
  }
`);

export const WorkerAllocation = graphql(`
  query WorkerAllocation($input: WorkerAllocationInput!) {
    workerAllocation(input: $input) {
      workers
      bytesPerWorker
      freeBytes
      explanation
      gpu {
        id
        index
        name
      }
    }
  }
`);

export const MemoryBudget = graphql(`
  query MemoryBudget($models: [String!]) {
    memoryBudget(models: $models) {
      fits
      exact
      requiredBytes
      capacityBytes
      freeBytes
      explanation
      models {
        modelName
        footprintBytes
        measured
        gpus {
          index
          name
        }
      }
    }
  }
`);
