/** What becomes of a run whose answer somebody has heard the beginning of. */
import { describe, expect, it } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { ExecutorRig } from './support/rig.ts';

/** A job that speaks to a listener which passes on what it hears, or waits for more. */
async function speaking(rig: ExecutorRig, passesOn: boolean): Promise<{ id: JobId; heard: JsonObject[] }> {
  const [id] = await rig.submit(1);
  if (!id) throw new Error('Nothing was submitted.');
  const heard: JsonObject[] = [];
  const spoke = Promise.withResolvers<void>();
  rig.outputs.listen(id, {
    record: (raw) => {
      heard.push(raw);
      spoke.resolve();
      return passesOn;
    },
  });
  rig.claim();
  await spoke.promise;
  return { id, heard };
}

const ENDS = {
  'the engine dies': { code: 'ENGINE_DIED', end: async (rig: ExecutorRig) => rig.killEngine() },
  'the server stops': { code: 'INTERRUPTED', end: (rig: ExecutorRig) => rig.executor.stop(0) },
} as const;

describe('when a run is broken off because', () => {
  for (const [why, { code, end }] of Object.entries(ENDS)) {
    it(`${why}, its job is tried again while nobody has heard of its answer`, async () => {
      await using rig = await ExecutorRig.start();
      await rig.ready();
      const { id } = await speaking(rig, false);
      await end(rig);
      await rig.until(() => rig.store.counts().PENDING === 1);
      expect((await rig.store.job(id))?.history).toMatchObject([{ failure: { code } }]);
    });

    it(`${why}, its job fails with that once somebody has`, async () => {
      await using rig = await ExecutorRig.start();
      await rig.ready();
      const { id, heard } = await speaking(rig, true);
      await end(rig);
      await rig.until(() => rig.store.counts().FAILED === 1);
      const job = await rig.store.job(id);
      expect(job).toMatchObject({ failure: { code, retryable: true }, history: [{ failure: { code } }] });
      // What was heard is what is kept.
      const kept = (await rig.store.output(id))?.map(({ text }) => text).join('');
      expect(kept).toBe(heard.map((raw) => raw.response).join(''));
    });
  }
});

it("a request that the backend refuses ends with the backend's own words for who waits", async () => {
  await using rig = await ExecutorRig.start();
  await rig.ready();
  const [id] = await rig.submit(1, new Map(), 1, { extra: { top_k: 'many' } });
  if (!id) throw new Error('Nothing was submitted.');
  const end = rig.ends.endOf(id, new AbortController().signal);
  rig.claim();
  const { answer, job } = await end;
  expect(job).toMatchObject({ status: 'FAILED', failure: { code: 'REQUEST_REJECTED' } });
  expect(answer?.status).toBe(500);
  expect(JSON.parse(answer?.body ?? '')).toEqual({ error: 'option "top_k" must be of type integer' });
});
