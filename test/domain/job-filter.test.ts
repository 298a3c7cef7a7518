import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchId } from '../../src/domain/ids.ts';
import { JOB_STATUSES } from '../../src/domain/job.ts';
import type { JobFilter } from '../../src/domain/job-filter.ts';
import { concernsReader, matchesJob } from '../../src/domain/job-filter.ts';
import { JOB_KINDS } from '../../src/kinds/kinds.ts';
import { jobRecord, START } from '../events/support/job-table.ts';

const label = fc.record({ key: fc.constantFrom('a', 'b'), value: fc.constantFrom('1', '2') });
const status = fc.constantFrom(...JOB_STATUSES);
const batchId = fc.constantFrom('bat_1' as BatchId, 'bat_2' as BatchId);
const job = fc
  .record({
    status,
    kind: fc.constantFrom(...JOB_KINDS),
    labels: fc.array(label, { maxLength: 3 }),
    batchId: fc.option(batchId),
    createdAt: fc.integer({ min: START, max: START + 3 }),
    sequence: fc.nat(6),
  })
  .map(({ sequence, ...change }) => jobRecord(sequence, 1, change));
const filter: fc.Arbitrary<JobFilter> = fc.record(
  {
    statuses: fc.array(status),
    kinds: fc.array(fc.constantFrom(...JOB_KINDS)),
    labels: fc.array(label, { maxLength: 2 }),
    models: fc.array(fc.constantFrom('llama3', 'LLAMA3:latest', 'Llama3', 'qwen2.5:0.5b', 'phi3:mini')),
    batchId,
    createdAfter: fc.integer({ min: START - 1, max: START + 3 }),
  },
  { requiredKeys: [] },
);

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

  it('tells a reader of a job that matches or stops matching, and of no other', () => {
    fc.assert(
      fc.property(filter, job, fc.option(status), (wanted, one, previousStatus) => {
        const before = previousStatus !== null && matchesJob(wanted, { ...one, status: previousStatus });
        expect(concernsReader(wanted, one, previousStatus)).toBe(matchesJob(wanted, one) || before);
      }),
    );
  });
});
