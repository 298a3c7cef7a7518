/** The operations of the command line that are about tasks. */
import { graphql } from './generated/index.ts';

export const ListTasks = graphql(`
  query ListTasks {
    tasks {
      name
      description
      selected {
        name
      }
      options {
        name
        modelName
        description
        speed
        quantization
        fps
        provider
        vramBytes
        loaded
        loadedAt
        model {
          name
        }
        backend {
          name
        }
      }
    }
    memoryBudget(tasks: true) {
      fits
      explanation
    }
  }
`);

export const SelectTaskModel = graphql(`
  mutation SelectTaskModel($input: SelectTaskModelInput!) {
    selectTaskModel(input: $input) {
      __typename
      ... on SelectTaskModelPayload {
        explanation
        task {
          name
          selected {
            name
            modelName
          }
        }
      }
      ... on UserError {
        message
      }
    }
  }
`);

export const WarmUpTasks = graphql(`
  mutation WarmUpTasks($input: WarmUpTasksInput) {
    warmUpTasks(input: $input) {
      __typename
      ... on WarmUpTasksPayload {
        tasks {
          problem
          instance {
            id
          }
          task {
            name
            selected {
              modelName
            }
          }
        }
      }
      ... on UserError {
        message
      }
    }
  }
`);
