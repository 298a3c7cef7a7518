/** What must hold of the store after any number of kills. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { ServerProcess } from './server-process.ts';

const SUBMIT = `mutation ($input: SubmitJobInput!) { submitJob(input: $input) {
  ... on SubmitJobPayload { job { id } } ... on UserError { code message } } }`;

/** Jobs as their client knows them. */
export class Ledger {
  readonly #acknowledged = new Set<string>();
  /** When each was seen to have finished. */
  readonly #finished = new Map<string, string>();

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  /** @returns why the job was refused, or null when it was not, or nothing was answered. */
  async submit(
    server: ServerProcess,
    model: string | undefined,
  ): Promise<{ readonly code: string; readonly message: string } | null> {
    const input = { model, request: { generate: { prompt: 'x', options: { maxTokens: 20 } } } };
    const answer = (await server.query(SUBMIT, { input }))?.submitJob;
    if (answer?.job) this.#acknowledged.add(answer.job.id);
    return answer?.code ? answer : null;
  }

  async noteFinished(server: ServerProcess): Promise<void> {
    const done = await server.query(
      '{ jobs(last: 100, filter: { statuses: [COMPLETE] }) { nodes { id finishedAt } } }',
    );
    for (const job of done?.jobs?.nodes ?? []) this.#finished.set(job.id, job.finishedAt);
  }

  /** No acknowledged job is lost, and no result was recorded twice. The server must have stopped. */
  expectKept(dataDir: string): void {
    const db = new DatabaseSync(join(dataDir, 'vramkeeper.db'), { readOnly: true });
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    const rows = db.prepare('SELECT id, status, finished_at AS finishedAt FROM jobs').all() as {
      id: string;
      status: string;
      finishedAt: number;
    }[];
    const byId = new Map(rows.map((row) => [row.id, row]));
    expect([...this.#acknowledged].filter((id) => byId.get(id)?.status !== 'COMPLETE')).toEqual([]);
    // A result that was there before a kill is the one that is there now.
    for (const [id, finishedAt] of this.#finished) {
      expect(new Date(byId.get(id)?.finishedAt ?? 0).toISOString()).toBe(finishedAt);
    }
    const results = db.prepare('SELECT count(*) AS results FROM results').get() as { results: number };
    expect(results.results).toBe(rows.filter((row) => row.status === 'COMPLETE').length);
    db.close();
  }
}

/** Resolves when nothing waits and nothing runs. */
export async function untilIdle(server: ServerProcess): Promise<void> {
  await eventually(
    async () => (await server.query('{ stats { counts { pending queued running } } }')).stats.counts,
    ({ pending, queued, running }) => pending + queued + running === 0,
  );
}
