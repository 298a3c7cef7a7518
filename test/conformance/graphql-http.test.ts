import { type AuditResult, serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../http/support/test-server.ts';

describe('GraphQL over HTTP, as its specification says', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.http.stop());

  const audits = serverAudits({ url: () => `${server.url}/graphql` });

  it('has 61 audits', () => {
    expect(audits).toHaveLength(61);
  });

  for (const audit of audits) {
    it(`${audit.id} ${audit.name}`, async () => {
      const result: AuditResult = await audit.fn();
      const reason = result.status === 'ok' ? '' : result.reason;
      expect(`${result.status} ${reason}`).toBe('ok ');
    });
  }
});
