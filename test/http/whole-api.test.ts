/** The real schema behind the real transports. */
import { getIntrospectionQuery, parse, validate } from 'graphql';
import { serverAudits } from 'graphql-http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { DEFAULT_TABS } from '../../src/graphql/server/graphiql.ts';
import { DEFAULT_LIMITS } from '../../src/graphql/server/limits.ts';
import { limitsRule, parseWithin } from '../../src/graphql/server/limits-rule.ts';
import { RawSocket } from '../conformance/support.ts';
import { GraphQLApi } from '../support/graphql-api.ts';
import { follow, post } from './support/graphql-client.ts';
import { testServer } from './support/own-server.ts';

async function wholeApi() {
  const api = await GraphQLApi.open();
  onTestFinished(() => api.stop());
  const server = await testServer({ graphql: { schema, buildContext: () => api.context } });
  return { api, ...server };
}

describe('the whole API', () => {
  it('passes every audit of GraphQL over HTTP', async () => {
    const { url } = await wholeApi();
    const results = await Promise.all(serverAudits({ url: `${url}/graphql` }).map((audit) => audit.fn()));
    expect(results.filter((result) => result.status === 'ok')).toHaveLength(61);
  });

  it('answers the introspection of tools within its limits', async () => {
    const { url } = await wholeApi();
    const { result } = await post(url, getIntrospectionQuery());
    expect(result.errors).toBeUndefined();
  });

  it('has the queries that GraphiQL opens with', () => {
    for (const { query } of DEFAULT_TABS) {
      expect(validate(schema, parse(query))).toEqual([]);
      const document = parseWithin(DEFAULT_LIMITS, query);
      expect(validate(schema, document, [limitsRule(DEFAULT_LIMITS)])).toEqual([]);
    }
  });

  it('tells by events and by socket of a job that is submitted over HTTP', async () => {
    const { api, url, port } = await wholeApi();
    const query = 'subscription { jobUpdated { type previousStatus job { id status } } }';
    const sse = await follow(url, query);
    const socket = await new RawSocket(port).acknowledged();
    socket.subscribe('jobs', query);
    const [tab] = DEFAULT_TABS;
    const [model] = api.system.models();
    const written = (tab?.query ?? '').replace('qwen2.5:0.5b', model?.info.name ?? '');
    const { result } = await post(url, written);
    expect(result).toMatchObject({
      data: { submitJob: { deduplicated: false, job: { status: 'PENDING' } } },
    });
    const told = { jobUpdated: { job: (result.data as { submitJob: { job: object } }).submitJob.job } };
    expect((await sse.events.next()).value).toMatchObject({ event: 'next', data: { data: told } });
    expect(await socket.take()).toMatchObject({ type: 'next', payload: { data: told } });
    sse.leave();
    await socket.close();
  });

  it('explains each change once, however many sockets follow it', async () => {
    const { api, port } = await wholeApi();
    const explained: string[] = [];
    const explain = api.system.explain.bind(api.system);
    api.system.explain = (job) => {
      explained.push(job.id);
      return explain(job);
    };
    const query = 'subscription { jobUpdated { type job { id queuePosition waiting { explanation } } } }';
    const first = await api.submit();
    const sockets = await Promise.all(Array.from({ length: 20 }, () => new RawSocket(port).acknowledged()));
    for (const socket of sockets) {
      socket.subscribe('jobs', query);
      expect(await socket.take()).toMatchObject({
        payload: { data: { jobUpdated: { job: { id: first } } } },
      });
    }
    explained.length = 0;
    const ids: string[] = [];
    for (let i = 0; i < 10; i += 1) ids.push(await api.submit());
    for (const socket of sockets) {
      for (const id of ids) {
        const { payload } = await socket.take();
        expect(payload).toMatchObject({ data: { jobUpdated: { type: 'CHANGED', job: { id } } } });
      }
    }
    expect(explained).toEqual(ids);
    for (const socket of sockets) await socket.close();
  });
});
