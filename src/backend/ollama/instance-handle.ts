import type { InstanceHandle, OutputSink, RunRequest } from '../../domain/backend.ts';
import type { JobResult } from '../../domain/job.ts';
import type { RunnerOptions, Variant } from '../../domain/model.ts';
import type { Contention } from './contention.ts';
import { runCall } from './request-body.ts';
import { runEmbed } from './run-embed.ts';
import { runText } from './run-text.ts';
import type { OllamaServer } from './server.ts';
import { unload } from './unload.ts';

/** One instance in an Ollama's memory. */
export class OllamaInstance implements InstanceHandle {
  readonly variant: Variant;
  readonly measured: InstanceHandle['measured'];
  readonly #server: OllamaServer;
  readonly #contention: Contention;
  readonly #onUnloaded: () => void;

  constructor(
    server: OllamaServer,
    contention: Contention,
    variant: Variant,
    measured: InstanceHandle['measured'],
    onUnloaded: () => void,
  ) {
    this.#server = server;
    this.#contention = contention;
    this.variant = variant;
    this.measured = measured;
    this.#onUnloaded = onUnloaded;
  }

  run(request: RunRequest, sink: OutputSink, signal: AbortSignal): Promise<JobResult> {
    return request.request.kind === 'EMBED'
      ? this.#embed(request, request.request.input.length, signal)
      : this.#text(request, sink, signal);
  }

  async unload(signal: AbortSignal): Promise<void> {
    await unload(this.#server, this.variant, signal);
    this.#onUnloaded();
  }

  async #embed(request: RunRequest, inputs: number, signal: AbortSignal): Promise<JobResult> {
    const options = await this.#options(signal);
    return this.#noted(await runEmbed(this.#server.connection, runCall(request, options), inputs, signal));
  }

  async #text(request: RunRequest, sink: OutputSink, signal: AbortSignal): Promise<JobResult> {
    const { connection, clock, drain } = this.#server;
    const options = await this.#options(signal);
    return this.#noted(await runText(connection, clock, runCall(request, options), drain, sink, signal));
  }

  #options(signal: AbortSignal): Promise<RunnerOptions> {
    return this.#contention.optionsFor(this.#server, this.variant, signal);
  }

  #noted(result: JobResult): JobResult {
    this.#contention.noteWait(this.variant, result.usage.loadDurationMs);
    return result;
  }
}
