/** GraphiQL, served from this package alone: nothing is fetched from elsewhere. */
import type { GraphiQLOptions } from 'graphql-yoga';

export interface GraphiQLTab {
  readonly query: string;
}

export const DEFAULT_TABS: readonly GraphiQLTab[] = [
  {
    // Written out, not with variables: GraphiQL shows the variables of its first tabs empty.
    query: `# Submit a job. Put the name of an installed model in.
mutation SubmitJob {
  submitJob(
    input: {
      model: "qwen2.5:0.5b"
      priority: NORMAL
      request: { generate: { prompt: "Why is the sky blue?" } }
    }
  ) {
    ... on SubmitJobPayload {
      deduplicated
      job { id status }
    }
    ... on UserError { code message }
  }
}
`,
  },
  {
    query: `# Follow all jobs: those there are, then every change.
subscription FollowJobs {
  jobUpdated {
    type
    previousStatus
    job { id modelName priority status }
  }
}
`,
  },
  {
    query: `# The newest jobs, and what the server is doing.
query Overview {
  jobs(first: 20) {
    totalCount
    nodes { id modelName priority status createdAt }
  }
  stats {
    paused
    counts { pending queued running complete failed cancelled }
    vram { totalBytes usedBytes freeBytes }
  }
}
`,
  },
  {
    query: `# Memory and the models in it, as they change.
subscription WatchVram {
  vramChanged {
    at
    backends {
      name
      health
      vram { totalBytes usedBytes freeBytes }
      instances { status vramBytes model { name } }
    }
  }
}
`,
  },
];

export interface GraphiQLSettings {
  readonly tabs: readonly GraphiQLTab[];
  /** Whether requests need a key: then the page asks for one. */
  readonly needsKey: boolean;
}

/** The editor of headers is where GraphiQL takes a key from. It goes with every request, introspection included. */
const KEY_HEADERS = JSON.stringify({ authorization: 'Bearer YOUR-KEY' }, null, 2);

export function graphiqlOptions({ tabs, needsKey }: GraphiQLSettings): GraphiQLOptions {
  const headers = needsKey ? { headers: KEY_HEADERS } : {};
  return {
    title: 'vramkeeper',
    // GraphiQL sends its headers with requests, and not over a WebSocket. A key is not left in the browser.
    ...(needsKey
      ? { subscriptionsProtocol: 'SSE', shouldPersistHeaders: false, defaultEditorToolsVisibility: 'headers' }
      : { subscriptionsProtocol: 'WS', defaultEditorToolsVisibility: 'variables' }),
    ...headers,
    defaultTabs: tabs.map(({ query }) => ({ query, ...headers })),
    ...(tabs[0] ? { defaultQuery: tabs[0].query } : {}),
  };
}
