/** What the thread that answers callers does with what it hands to a store. */
import { expect, it } from 'vitest';
import { checkPlain, encodeSubmission } from '../../src/store/encode.ts';
import { newJob, submission } from '../contract/store-fixtures.ts';

it('leaves it to the writer to make text of a request, which takes long where it is large', () => {
  let written = 0;
  const request = Object.defineProperty({ ...newJob().request }, 'toJSON', {
    value() {
      written += 1;
      return this;
    },
  });
  const encoded = encodeSubmission(submission([newJob({ request })]));
  checkPlain(encoded, 'submit');
  expect(written).toBe(0);
  expect(encoded.jobs[0]?.request).toMatchObject({ kind: request.kind });
  JSON.stringify(encoded.jobs[0]?.request);
  expect(written).toBe(1);
});
