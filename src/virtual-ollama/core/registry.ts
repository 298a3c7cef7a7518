import { OllamaError } from '../../ollama-api/errors.ts';
import { quoteGo } from '../../ollama-api/go-quote.ts';
import { type ModelName, nameKey, parseModelName } from '../../ollama-api/model-name.ts';
import { blobPath, type CatalogModel } from './catalog.ts';
import type { VirtualOllamaCore } from './core.ts';
import type { Cancelable } from './engine.ts';

export interface PullProgress {
  readonly status: string;
  readonly digest?: string;
  readonly total?: number;
  readonly completed?: number;
}

/** The registry that the virtual library stands for; every other host cannot be reached. */
const REGISTRY_HOST = 'registry.ollama.ai';

/** As after a connection that broke six times. */
const MAX_RETRIES = 'max retries exceeded: unexpected EOF';

/** Pulls of models that the settings' library has. A broken pull is taken up where it stopped. */
export class Registry {
  readonly #core: VirtualOllamaCore;
  readonly #arrivedBytes = new Map<string, number>();

  constructor(core: VirtualOllamaCore) {
    this.#core = core;
  }

  pull(
    name: ModelName,
    to: { progress(line: PullProgress): void; done(): void; failed(error: OllamaError): void },
  ): Cancelable {
    to.progress({ status: 'pulling manifest' });
    const key = nameKey(name);
    const description = this.#core
      .library()
      .find((candidate) => nameKey(parseModelName(candidate.name)) === key);
    if (!description) {
      to.failed(new OllamaError(500, this.#unreachable(name)));
      return { cancel: () => {} };
    }
    const model = this.#core.describe(description);
    return this.#download(model, to, () => {
      for (const status of ['verifying sha256 digest', 'writing manifest']) to.progress({ status });
      if (this.#core.catalog.put(model) > 0) to.progress({ status: 'removing unused layers' });
      to.progress({ status: 'success' });
      to.done();
    });
  }

  #unreachable(name: ModelName): string {
    const { host, namespace, model, tag } = name;
    if (host.toLowerCase() === REGISTRY_HOST) return 'pull model manifest: file does not exist';
    const url = `https://${host}/v2/${namespace}/${model}/manifests/${tag}`;
    return `pull model manifest: Get ${quoteGo(url)}: dial tcp: lookup ${host}: no such host`;
  }

  #download(
    model: CatalogModel,
    { progress, failed }: { progress(line: PullProgress): void; failed(error: OllamaError): void },
    done: () => void,
  ): Cancelable {
    const { pace, clock } = this.#core.world;
    const { faults } = this.#core;
    const breaksWith = faults.take('failMidPull')
      ? MAX_RETRIES
      : faults.take('fullDiskMidPull')
        ? `write ${blobPath(model)}-partial: no space left on device`
        : null;
    const stalls = breaksWith === null && faults.take('stallMidPull');
    const total = model.weightsBytes;
    const known = this.#core.catalog.hasBlob(model.weightsDigest);
    let completed = known ? total : (this.#arrivedBytes.get(model.weightsDigest) ?? 0);
    const step = total / Math.max(1, pace.pullMs(total) / pace.pullReportMs);
    const line = () => ({
      status: `pulling ${model.weightsDigest.slice(0, 12)}`,
      digest: `sha256:${model.weightsDigest}`,
      total,
      ...(completed > 0 ? { completed } : {}),
    });
    const tick = () => {
      const next = Math.min(total, Math.round(completed + step));
      if (breaksWith !== null && next > total / 2) {
        failed(new OllamaError(500, breaksWith));
        return;
      }
      if (!stalls || next <= total / 2) completed = next;
      this.#arrivedBytes.set(model.weightsDigest, completed);
      progress(line());
      if (completed < total) timer = clock.after(pace.pullReportMs, tick);
      else done();
    };
    progress(line());
    let timer = clock.after(known ? 0 : pace.pullReportMs, () => (known ? done() : tick()));
    return { cancel: () => timer.cancel() };
  }
}
