/** The operations of the command line that are about the models themselves. */
import { graphql } from './generated/index.ts';

export const ModelTable = graphql(`
  query ModelTable($after: String) {
    models(first: 100, after: $after) {
      nodes {
        name
        digest
        diskBytes
        modifiedAt
        parameterSize
        quantization
        contextLength
        capabilities
        vramEstimate {
          bytes
          measured
        }
        instances {
          status
          pinned
          contextLength
          backend {
            name
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const ListModels = graphql(`
  query ListModels($after: String) {
    models(first: 100, after: $after) {
      nodes {
        name
        capabilities
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const ModelName = graphql(`
  query ModelName($name: String!) {
    model(name: $name) {
      name
    }
  }
`);

export const ModelFacts = graphql(`
  query ModelFacts($name: String!) {
    model(name: $name) {
      name
      capabilities
      contextLength
      parameterSize
      quantization
    }
  }
`);

export const ShowModel = graphql(`
  query ShowModel($name: String!, $verbose: Boolean!) {
    model(name: $name) {
      details(verbose: $verbose) {
        __typename
        ... on ModelDetails {
          capabilities
          license
          modelInfo
          modelfile
          parameters
          projectorInfo
          system
          template
          tensors
        }
        ... on UserError {
          code
          message
        }
      }
      name
      digest
      diskBytes
      family
      parameterSize
      quantization
      contextLength
      capabilities
      vramEstimate {
        bytes
        measured
      }
      backends {
        name
        url
      }
      instances {
        status
        pinned
        contextLength
        vramBytes
        backend {
          name
        }
      }
    }
  }
`);

export const BackendNames = graphql(`
  query BackendNames {
    backends {
      id
      name
    }
  }
`);

export const PullModel = graphql(`
  mutation PullModel($input: PullModelInput!) {
    pullModel(input: $input) {
      __typename
      ... on PullModelPayload {
        pull {
          id
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const PullUpdates = graphql(`
  subscription PullUpdates($id: ID!) {
    pullUpdated(id: $id) {
      id
      modelName
      status
      step
      completedBytes
      totalBytes
      error
      startedAt
      backend {
        name
      }
    }
  }
`);

export const CopyModel = graphql(`
  mutation CopyModel($input: CopyModelInput!) {
    copyModel(input: $input) {
      __typename
      ... on CopyModelPayload {
        model {
          name
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const DeleteModel = graphql(`
  mutation DeleteModel($input: DeleteModelInput!) {
    deleteModel(input: $input) {
      __typename
      ... on DeleteModelPayload {
        modelName
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export const BackendTroubles = graphql(`
  query BackendTroubles {
    backends {
      name
      url
      health
      problem
    }
  }
`);
