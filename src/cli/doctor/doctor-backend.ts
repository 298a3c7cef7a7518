/** What the doctor looks at behind the server: an Ollama that others run, its settings, its GPUs. */

import { type BackendServer, namesOf, serverOf } from '../../app/backends.ts';
import type { Clock } from '../../clock.ts';
import type { BackendConfig, Config } from '../../config/config.ts';

import { append } from '../../domain/long-lists.ts';
import { isLoopback } from '../../domain/loopback.ts';
import { type ModelNameRule, namedModel } from '../../domain/model-names.ts';
import { isOlderThan } from '../../domain/version.ts';
import { gpuFindings } from './doctor-gpus.ts';
import type { Finding } from './finding.ts';

export async function checkAttached(
  backend: BackendConfig,
  config: Config,
  clock: Clock,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const subject = backend.name.slice(0, 10);
  const server = serverOf(backend);
  const check = await server.check(backend, clock);
  switch (check.kind) {
    case 'silent':
      findings.push({
        level: 'warn',
        subject,
        text: `no ${server.product} answers at ${backend.url}: jobs will wait. ${server.start}`,
      });
      break;
    case 'closed':
      findings.push({
        level: 'fail',
        subject,
        text: `something listens at ${backend.url}, but ${check.why}. Jobs will wait.`,
      });
      break;
    case 'strange':
      findings.push({
        level: 'fail',
        subject,
        text: `what answers at ${backend.url} is no ${server.product} (${check.said}). Correct the address.`,
      });
      break;
    case 'answers':
      findings.push(
        versionFinding(subject, backend.url, check.version, server),
        modelsFinding(subject, check.models, namesOf(backend), config, server.pull),
      );
      break;
    default:
      check satisfies never;
  }
  append(findings, settingFindings(subject, backend, process.env));
  findings.push(countFinding(subject, backend));
  append(findings, await gpuFindings(backend, config, check.kind === 'answers', clock));
  return findings;
}

function versionFinding(
  subject: string,
  url: string,
  version: string,
  { product, oldest }: BackendServer,
): Finding {
  if (isOlderThan(version, oldest))
    return {
      level: 'warn',
      subject,
      text: `${product} ${version} at ${url} is older than ${oldest}, which is not tried here. Update it.`,
    };
  return { level: 'ok', subject, text: `${product} ${version} at ${url}` };
}

/** @param pull the command that fetches one. */
export function modelsFinding(
  subject: string,
  names: readonly string[],
  rule: ModelNameRule,
  config: Config,
  pull: string,
): Finding {
  if (names.length === 0)
    return { level: 'warn', subject, text: `it has no models. Fetch one, such as: ${pull} qwen2.5:0.5b` };
  const models = names.map((name) => ({ name: rule.canonical(name) }));
  const missing = Object.keys(config.models).filter((name) => !namedModel(models, name, rule));
  if (missing.length > 0)
    return {
      level: 'warn',
      subject,
      text: `it has ${models.length} models, but not these of the settings: ${missing.join(', ')}`,
    };
  return {
    level: 'ok',
    subject,
    text: `${names.length} models: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', ...' : ''}`,
  };
}

/**
 * Ollama's settings are not in its API. On its own machine they are often in this environment too, and then they can be
 * compared; a service has an environment of its own, which only its owner can see.
 */
function settingFindings(
  subject: string,
  backend: BackendConfig,
  env: Readonly<Record<string, string | undefined>>,
): readonly Finding[] {
  const findings: Finding[] = [];
  const warn = (text: string) => findings.push({ level: 'warn', subject, text });
  const parallel = numberOf(env.OLLAMA_NUM_PARALLEL);
  const most = numberOf(env.OLLAMA_MAX_LOADED_MODELS);
  if (!isLoopback(new URL(backend.url).hostname)) {
    findings.push({
      level: 'ok',
      subject,
      text: `parallel: ${backend.parallel}; it has to be the OLLAMA_NUM_PARALLEL of that machine`,
    });
    return findings;
  }
  if (parallel !== null && parallel > 0 && parallel !== backend.parallel)
    warn(
      `OLLAMA_NUM_PARALLEL is ${parallel} here, but the settings say parallel: ${backend.parallel}. Make them equal.`,
    );
  if (most !== null && most > 0 && backend.maxLoadedModels !== null && most !== backend.maxLoadedModels)
    warn(
      `OLLAMA_MAX_LOADED_MODELS is ${most} here, but the settings say maxLoadedModels: ${backend.maxLoadedModels}. Make them equal.`,
    );
  if (most !== null && most > 0 && backend.maxLoadedModels === null)
    warn(
      `OLLAMA_MAX_LOADED_MODELS is ${most} here. Add maxLoadedModels: ${most} to the backend, or its server will evict models on its own.`,
    );
  if (findings.length === 0)
    findings.push({
      level: 'ok',
      subject,
      text: `parallel: ${backend.parallel}${parallel === null ? " (Ollama's default, unless its service sets OLLAMA_NUM_PARALLEL)" : ''}`,
    });
  return findings;
}

/** Said always: it makes models leave while memory is free. */
function countFinding(subject: string, { maxLoadedModels }: BackendConfig): Finding {
  const most =
    maxLoadedModels === null ? "3 models for each GPU (Ollama's default)" : `${maxLoadedModels} models`;
  const text = `maxLoadedModels: no more than ${most} in memory at once, whatever is free. It goes together with the server's OLLAMA_MAX_LOADED_MODELS`;
  return { level: 'ok', subject, text };
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : null;
}
