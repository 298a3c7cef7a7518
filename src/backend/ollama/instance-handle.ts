import type { InstanceHandle, OutputSink, RunRequest } from '../../domain/backend.ts';
import type { JobResult } from '../../domain/job.ts';
import type { Variant } from '../../domain/model.ts';
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
  readonly #onUnloaded: () => void;

  constructor(
    server: OllamaServer,
    variant: Variant,
    measured: InstanceHandle['measured'],
    onUnloaded: () => void,
  ) {
    this.#server = server;
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
    return runEmbed(this.#server.connection, runCall(request, this.variant.options), inputs, signal);
  }

  async #text(request: RunRequest, sink: OutputSink, signal: AbortSignal): Promise<JobResult> {
    const { connection, clock, drain } = this.#server;
    return runText(connection, clock, runCall(request, this.variant.options), drain, sink, signal);
  }
}
