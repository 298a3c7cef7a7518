import { expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import type { OutputRecord, OutputSink } from '../../src/domain/backend.ts';
import { ClaimHold } from '../../src/executor/claim-hold.ts';
import { Gate } from '../../src/executor/gate.ts';
import { type Run, RunEnded } from '../../src/executor/held-instance.ts';
import { runJob } from '../../src/executor/run-job.ts';
import { newJob } from '../contract/store-fixtures.ts';
import { said } from '../support/said.ts';

it('a backend that still speaks when its run was ended is not heard: the text would be that of the job’s next run', async () => {
  const controller = new AbortController();
  const heard: string[] = [];
  const handle = {
    async run(_request: unknown, sink: OutputSink) {
      sink(said('TEXT', 'before'));
      controller.abort(new RunEnded('not-held'));
      sink(said('TEXT', 'after'));
      sink(said('THINKING', 'after'));
      throw new Error('aborted');
    },
  };
  const job = { ...newJob({}), history: [], fence: 1 };
  const claimed = { job, request: { kind: 'GENERATE', prompt: 'x' } };
  const run = { claimed, controller, hold: ClaimHold.held(), sentAt: null };
  const deps = {
    store: { keepSaid: async () => true },
    clock: new VirtualClock(),
    contexts: { larger: () => null },
    courses: { outputBegan() {}, ended: () => null },
    reports: { answerBegan() {} },
    unmetBy: () => null,
    outputs: {
      open() {},
      hasPassedOn: () => true,
      discard() {},
      close() {},
      record: (_id: string, { text, thinking }: OutputRecord) => heard.push(text + thinking),
    },
  };
  const hooks = { stopped: new AbortController().signal, insist: (work: () => unknown) => work(), left() {} };
  const instance = { backend: { id: 'box' }, gate: new Gate<Run>(), handle };
  await runJob(instance as never, run as never, deps as never, hooks as never);
  expect(heard).toEqual(['before']);
});
