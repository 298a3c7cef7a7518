/** The program in `examples/` as a user runs it, against the real schema over HTTP and WebSocket. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createHandler } from 'graphql-http/lib/use/http';
import { useServer } from 'graphql-ws/use/ws';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { JobId } from '../../src/domain/ids.ts';
import { schema } from '../../src/graphql/schema.ts';
import { GraphQLApi, TEXT_RESULT } from '../support/graphql-api.ts';
import { said } from '../support/said.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/follow-job.ts', import.meta.url));
const run = promisify(execFile);

let api: GraphQLApi;
let url: string;
let stop: () => Promise<void>;

beforeEach(async () => {
  api = await GraphQLApi.open();
  const http = createServer(createHandler({ schema, context: () => api.context as never }));
  const sockets = new WebSocketServer({ server: http, path: '/graphql' });
  const protocol = useServer({ schema, context: () => api.context }, sockets);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  stop = async () => {
    await protocol.dispose();
    http.closeAllConnections();
    http.close();
    await once(http, 'close');
    await api.stop();
  };
});
afterEach(() => stop());

/** Resolves with the next job that is submitted. */
function submitted(): Promise<JobId> {
  return new Promise((resolve) => {
    const end = api.store.onCommit(([change]) => {
      if (!change) return;
      end();
      resolve(change.job.id);
    });
  });
}

test('follow-job submits a job, prints its text and tells what it took', async () => {
  const next = submitted();
  const program = run(process.execPath, [PROGRAM, 'qwen3:8b', 'Why?'], {
    env: { ...process.env, VRAMKEEPER_URL: url },
  });
  const id = await next;
  await api.start(id);
  api.outputs.record(id, said('THINKING', 'Hm.'));
  api.outputs.record(id, said('TEXT', 'Because '));
  api.outputs.record(id, said('TEXT', 'of light.'));
  await api.complete(id, TEXT_RESULT, [
    { attempt: 1, channel: 'THINKING', text: 'Hm.' },
    { attempt: 1, channel: 'TEXT', text: 'Because of light.' },
  ]);
  const { stdout, stderr } = await program;
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^Because of light\.\nCOMPLETE/);
  expect(stdout).toContain('completionTokens: 7');
});

test('follow-job says what is wrong when the job is refused', async () => {
  const program = run(process.execPath, [PROGRAM, 'qwen33', 'Why?'], {
    env: { ...process.env, VRAMKEEPER_URL: url },
  });
  await expect(program).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No backend has a model named "qwen33". Did you mean qwen3:8b?'),
  });
});
