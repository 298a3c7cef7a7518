/** What a real Ollama has not: the truth about memory and events, and switches for tests, under `/virtual/`. */
import { z } from 'zod';
import { OllamaError } from '../../ollama-api/errors.ts';
import { type Exchange, type Handler, send, sendJson } from '../../ollama-api/exchange.ts';
import type { Router } from '../../ollama-api/router.ts';
import { displayNames } from '../core/catalog.ts';
import type { VirtualOllamaCore } from '../core/core.ts';
import { FAULT_SHAPE } from '../fault-schema.ts';
import { activityOf, nvidiaSmiCsv } from '../gpu-memory.ts';

const FAULTS = z.strictObject(FAULT_SHAPE).partial();
const FOREIGN = z.strictObject({ gpu: z.int().min(0), bytes: z.number().min(0) });

async function readBody<T>(exchange: Exchange, schema: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await exchange.text());
  } catch (error) {
    throw new OllamaError(400, 'the body is not JSON', { cause: error });
  }
  const result = schema.safeParse(value);
  if (!result.success) throw new OllamaError(400, z.prettifyError(result.error));
  return result.data;
}

function stateOf(core: VirtualOllamaCore) {
  return {
    loading: core.scheduler.activity,
    queued: core.scheduler.queued,
    runners: core.scheduler.runners().map((runner) => ({
      model: displayNames.short(runner.model.name),
      pid: runner.engine.pid,
      references: runner.references,
      busy: runner.engine.busy,
      waiting: runner.engine.waiting,
      keepAliveMs: runner.sessionMs,
      options: runner.options,
    })),
  };
}

export function addControlRoutes(router: Router<Handler>, core: VirtualOllamaCore): void {
  const gpus = () => ({ gpus: core.memory.read().map((gpu) => ({ ...gpu, activity: activityOf(gpu) })) });
  router
    .add('GET', '/virtual/gpus', (exchange) => sendJson(exchange, 200, gpus()))
    .add('GET', '/virtual/nvidia-smi', (exchange) =>
      send(exchange, 200, nvidiaSmiCsv(core.memory.read()), 'text/csv; charset=utf-8'),
    )
    .add('PUT', '/virtual/foreign', async (exchange) => {
      const { gpu, bytes } = await readBody(exchange, FOREIGN);
      core.memory.setForeign(gpu, bytes);
      sendJson(exchange, 200, gpus());
    })
    .add('GET', '/virtual/faults', (exchange) => sendJson(exchange, 200, core.faults.state))
    .add('PUT', '/virtual/faults', async (exchange) => {
      const given = await readBody(exchange, FAULTS);
      core.faults.set(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
      sendJson(exchange, 200, core.faults.state);
    })
    .add('DELETE', '/virtual/faults', (exchange) => {
      core.faults.reset();
      sendJson(exchange, 200, core.faults.state);
    })
    .add('GET', '/virtual/events', (exchange) => sendJson(exchange, 200, { events: core.events.all() }))
    .add('DELETE', '/virtual/events', (exchange) => {
      core.events.clear();
      sendJson(exchange, 200, { events: [] });
    })
    .add('GET', '/virtual/state', (exchange) => sendJson(exchange, 200, stateOf(core)))
    .add('DELETE', '/virtual/engines/:pid', (exchange) => {
      const pid = Number(exchange.parameters.pid);
      const runner = core.scheduler.runners().find((candidate) => candidate.engine.pid === pid);
      if (!runner) throw new OllamaError(404, `no engine has pid ${pid}`);
      runner.engine.die('an error was encountered while running the model: unexpected EOF');
      sendJson(exchange, 200, stateOf(core));
    });
}
