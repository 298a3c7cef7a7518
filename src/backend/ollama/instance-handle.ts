import type { InstanceHandle, OutputSink, RunRequest } from '../../domain/backend.ts';
import type { JobResult } from '../../domain/job.ts';
import type { RunnerOptions, Variant } from '../../domain/model.ts';
import type { Call } from './connection.ts';
import type { Contention } from './contention.ts';
import { runCall } from './request-body.ts';
import { runEmbed } from './run-embed.ts';
import { runText } from './run-text.ts';
import type { OllamaServer } from './server.ts';
import { unload } from './unload.ts';
import { withWholePrompt } from './whole-prompt.ts';

/** One instance in an Ollama's memory. */
export class OllamaInstance implements InstanceHandle {
  readonly variant: Variant;
  readonly measured: InstanceHandle['measured'];
  readonly #server: OllamaServer;
  readonly #contention: Contention;
  readonly #onUnloaded: () => void;
  /** Pieces of any answer: while others get on, a silent request may be at a tool call, or wait for its slot. */
  #pieces = 0;

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

  async run(request: RunRequest, sink: OutputSink, signal: AbortSignal): Promise<JobResult> {
    const call = await this.#call(request, signal);
    const { request: job } = request;
    const { contextLength } = this.variant;
    const result = await withWholePrompt(call, { request: job, contextLength }, (asked) =>
      job.kind === 'EMBED' ? this.#embed(asked, job.input.length, signal) : this.#text(asked, sink, signal),
    );
    this.#contention.noteWait(this.variant, result.usage.loadDurationMs);
    return result;
  }

  async unload(signal: AbortSignal): Promise<void> {
    await unload(this.#server, this.variant, signal);
    this.#onUnloaded();
  }

  async #embed(call: Call, inputs: number, signal: AbortSignal): Promise<JobResult> {
    const result = await runEmbed(this.#server.connection, call, inputs, signal);
    this.#pieces += 1;
    return result;
  }

  #text(call: Call, sink: OutputSink, signal: AbortSignal): Promise<JobResult> {
    const { connection, clock, drain } = this.#server;
    const counted: OutputSink = (record) => {
      this.#pieces += 1;
      sink(record);
    };
    return runText(connection, clock, call, drain, counted, signal);
  }

  async #call(request: RunRequest, signal: AbortSignal): Promise<Call> {
    const options: RunnerOptions = await this.#contention.optionsFor(this.#server, this.variant, signal);
    return { ...runCall(request, options), signs: () => String(this.#pieces) };
  }
}
