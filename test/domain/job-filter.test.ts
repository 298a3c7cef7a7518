import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchId } from '../../src/domain/ids.ts';
import { JOB_PRIORITIES, JOB_STATUSES } from '../../src/domain/job.ts';
import type { JobFilter } from '../../src/domain/job-filter.ts';
import { concernsReader, matchesJob } from '../../src/domain/job-filter.ts';
import { JOB_KINDS } from '../../src/kinds/kinds.ts';
import { jobRecord, START } from '../events/support/job-table.ts';

const label = fc.record({ key: fc.constantFrom('a', 'b'), value: fc.constantFrom('1', '2') });
const status = fc.constantFrom(...JOB_STATUSES);
const priority = fc.constantFrom(...JOB_PRIORITIES);
const batchId = fc.constantFrom('bat_1' as BatchId, 'bat_2' as BatchId);
const job = fc
  .record({
    status,
    kind: fc.constantFrom(...JOB_KINDS),
    labels: fc.array(label, { maxLength: 3 }),
    batchId: fc.option(batchId),
    createdAt: fc.integer({ min: START, max: START + 3 }),
    client: fc.constantFrom('Ann', 'bob'),
    priority,
    sequence: fc.nat(6),
  })
  .map(({ sequence, ...change }) => jobRecord(sequence, 1, change));
const conditions = {
  statuses: fc.array(status),
  kinds: fc.array(fc.constantFrom(...JOB_KINDS)),
  labels: fc.array(label, { maxLength: 2 }),
  models: fc.array(fc.constantFrom('llama3', 'LLAMA3:latest', 'Llama3', 'qwen2.5:0.5b', 'phi3:mini')),
  batchId,
  createdAfter: fc.integer({ min: START - 1, max: START + 3 }),
  createdBefore: fc.integer({ min: START, max: START + 4 }),
  clients: fc.array(fc.constantFrom('Ann', 'bob', 'eve'), { maxLength: 2 }),
  priorities: fc.array(priority, { maxLength: 2 }),
  matching: fc.constantFrom('ann', 'OB', 'LLAMA3:L', 'qwen', 'job_000003', '2'),
};
/** Few conditions at a time: many let nothing through. */
const filter: fc.Arbitrary<JobFilter> = fc
  .tuple(fc.record(conditions), fc.subarray(Object.keys(conditions), { maxLength: 3 }))
  .map(([all, names]) => Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name))));

describe('a job filter', () => {
  it('lets everything through when it is empty', () => {
    fc.assert(fc.property(job, (one) => matchesJob({}, one)));
  });

  it('lets through what every one of its parts alone lets through', () => {
    fc.assert(
      fc.property(filter, job, (all, one) => {
        const parts = Object.entries(all).map(([key, value]) => ({ [key]: value }) as JobFilter);
        expect(matchesJob(all, one)).toBe(parts.every((part) => matchesJob(part, one)));
      }),
    );
  });

  it('lets through more when a list of alternatives grows, and less when labels do', () => {
    fc.assert(
      fc.property(filter, job, status, label, (base, one, extraStatus, extraLabel) => {
        const wider = { ...base, statuses: [...(base.statuses ?? []), extraStatus] };
        if (base.statuses && matchesJob(base, one)) expect(matchesJob(wider, one)).toBe(true);
        const narrower = { ...base, labels: [...(base.labels ?? []), extraLabel] };
        if (!matchesJob(base, one)) expect(matchesJob(narrower, one)).toBe(false);
      }),
    );
  });

  it('knows a model by the name of its submission and by the one that its jobs wait under', () => {
    const one = jobRecord(3, 1);
    expect(one.modelName).toBe('Llama3');
    for (const name of ['Llama3', 'llama3:latest']) {
      expect(matchesJob({ models: ['other:1', name] }, one)).toBe(true);
    }
    expect(matchesJob({ models: ['llama3:8b'] }, one)).toBe(false);
    expect(matchesJob({ models: [] }, one)).toBe(false);
  });

  it('finds a text in what names a job, whatever its capitals, and an id by how it begins', () => {
    const one = jobRecord(3, 1, { client: 'Night-Ly', labels: [{ key: 'Project', value: 'Größe 7' }] });
    for (const matching of ['night', 'LAMA3', 'latest', 'project', 'größe', 'E 7', one.id, 'job_0000']) {
      expect(matchesJob({ matching }, one), matching).toBe(true);
    }
    // Other letters have capitals, too; the index of a database does not know them.
    for (const matching of [
      'GRÖSSE',
      'GRÖßE',
      '000003',
      'JOB_',
      'odd',
      '%',
      '_____________________________',
    ]) {
      expect(matchesJob({ matching }, one), matching).toBe(false);
    }
  });

  it('tells a reader of a job that matches or stops matching, and of no other', () => {
    fc.assert(
      fc.property(filter, job, fc.option(fc.record({ status, priority })), (wanted, one, before) => {
        const matched = before !== null && matchesJob(wanted, { ...one, ...before });
        expect(concernsReader(wanted, one, before)).toBe(matchesJob(wanted, one) || matched);
      }),
      { numRuns: 1_000 },
    );
  });
});
