import { OllamaError } from '../../ollama-api/errors.ts';
import { parseModelName } from '../../ollama-api/model-name.ts';
import type { VirtualOllamaCore } from './core.ts';
import type { Cancelable, GenerationTimings } from './engine.ts';
import type { OptionMap } from './options.ts';

/** A request without its text: what the scheduler and the engines see of it. */
export interface VirtualJob {
  readonly model: string;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly options?: OptionMap;
  readonly keepAliveMs?: number;
  readonly shift?: boolean;
}

export interface JobSink {
  /** The runner is in hand: loaded, but maybe without a free slot. */
  loaded?(): void;
  done(timings: GenerationTimings): void;
  failed(error: Error): void;
}

/**
 * Sends a job to a core, as an HTTP request would, without HTTP: for simulated runs in virtual time.
 * @throws OllamaError for an unknown model or an option of the wrong type.
 */
export function runJob(core: VirtualOllamaCore, job: VirtualJob, sink: JobSink): Cancelable {
  const model = core.catalog.find(parseModelName(job.model));
  if (!model) throw new OllamaError(404, `model '${job.model}' not found`);
  let running: Cancelable | undefined;
  let over = false;
  const end = (report?: () => void) => {
    if (over) return;
    over = true;
    lease.end();
    report?.();
  };
  const lease = core.scheduler.request({
    model,
    options: core.options(model, job.options ?? {}),
    keepAliveMs: job.keepAliveMs,
    shift: job.shift,
    onRunner: (runner) => {
      // A runner may be handed over before `request` has returned, and its end must wait for the lease.
      core.clock.after(0, () => {
        if (over) return;
        sink.loaded?.();
        running = runner.engine.generate(job, {
          done: (timings) => end(() => sink.done(timings)),
          failed: (error) => end(() => sink.failed(error)),
        });
      });
    },
    onError: (error) => core.clock.after(0, () => end(() => sink.failed(error))),
  });
  return {
    cancel: () => {
      running?.cancel();
      end();
    },
  };
}
