/** `/api/ps`: what is in memory on all backends, as the scheduler knows it. No backend is asked. */
import type { JsonObject } from '../../domain/json.ts';
import type { BackendState, InstanceState, SystemView } from '../../domain/system.ts';
import { goTime } from '../../ollama-api/go-json.ts';

/** The longest duration of Go: Ollama's "for ever". */
const FOR_EVER_MS = 9_223_372_036_854;

/** Until when Ollama keeps what nobody uses, where it works and so has no end yet. */
const USUAL_MS = 5 * 60_000;

/** Latest expiry first. */
export function runningModels(
  system: Pick<SystemView, 'backends' | 'model'>,
  now: number,
): readonly JsonObject[] {
  const listed = system
    .backends()
    .filter(({ health }) => health !== 'UNREACHABLE')
    .flatMap((backend: BackendState) => backend.instances)
    .filter(isListed)
    .map((instance) => ({ instance, expiresAt: expiry(instance, now) }));
  const seconds = (ms: number) => Math.floor(ms / 1_000);
  listed.sort((a, b) => seconds(b.expiresAt) - seconds(a.expiresAt));
  return listed.map(({ instance, expiresAt }) => entry(instance, expiresAt, system));
}

/** What is loading is not there yet. */
function isListed({ status }: InstanceState): boolean {
  return status === 'READY' || status === 'DRAINING' || status === 'UNLOADING';
}

/** What is on its way out expires now, which `ollama ps` shows as "Stopping...". */
function expiry({ status, expiresAt, activeJobs, keepAliveMs, pinned }: InstanceState, now: number): number {
  if (status !== 'READY') return now;
  if (expiresAt !== null) return expiresAt;
  if (pinned || keepAliveMs === null) return now + FOR_EVER_MS;
  return now + (activeJobs > 0 ? keepAliveMs : USUAL_MS);
}

function entry(
  { variant, memory }: InstanceState,
  expiresAt: number,
  system: Pick<SystemView, 'model'>,
): JsonObject {
  const info = system.model(variant.modelName)?.info;
  const family = info?.family ?? '';
  return {
    name: variant.modelName,
    model: variant.modelName,
    size: memory.sizeBytes,
    digest: info?.digest ?? '',
    details: {
      parent_model: '',
      format: 'gguf',
      family,
      families: family === '' ? null : [family],
      parameter_size: info?.parameterSize ?? '',
      quantization_level: info?.quantization ?? '',
    },
    expires_at: goTime(expiresAt),
    size_vram: memory.vramBytes,
    context_length: variant.contextLength,
  };
}
