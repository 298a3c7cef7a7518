/** What the doctor looks at behind the server: a server that others run, or commands that start one; its settings, its GPUs. */

import type { BackendServer } from '../../app/backend-types/backend-type.ts';
import { namesOf, notesOn, serverOf } from '../../app/backends.ts';
import type { Clock } from '../../clock.ts';
import type { BackendConfig, Config } from '../../config/config.ts';

import { append } from '../../domain/long-lists.ts';
import { type ModelNameRule, namedModel } from '../../domain/model-names.ts';
import { isOlderThan } from '../../domain/version.ts';
import { gpuFindings } from './doctor-gpus.ts';
import type { Finding } from './finding.ts';

export async function checkBackend(
  backend: BackendConfig,
  config: Config,
  clock: Clock,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const subject = backend.name.slice(0, 10);
  const server = serverOf(backend);
  const answers = server === null || (await checkServer(backend, server, config, findings, clock));
  append(
    findings,
    (await notesOn(backend, process.env)).map((note) => ({ subject, ...note })),
  );
  append(findings, await gpuFindings(backend, config, answers, clock));
  return findings;
}

/** Resolves with whether it answers. */
async function checkServer(
  backend: BackendConfig,
  server: BackendServer,
  config: Config,
  findings: Finding[],
  clock: Clock,
): Promise<boolean> {
  const subject = backend.name.slice(0, 10);
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
  return check.kind === 'answers';
}

function versionFinding(
  subject: string,
  url: string,
  version: string,
  { product, oldest }: BackendServer,
): Finding {
  if (oldest !== null && isOlderThan(version, oldest))
    return {
      level: 'warn',
      subject,
      text: `${product} ${version} at ${url} is older than ${oldest}, which is not tried here. Update it.`,
    };
  return { level: 'ok', subject, text: `${product} ${version} at ${url}` };
}

/** @param pull the command that fetches one; null where none does. */
export function modelsFinding(
  subject: string,
  names: readonly string[],
  rule: ModelNameRule,
  config: Config,
  pull: string | null,
): Finding {
  if (names.length === 0) {
    const advice = pull === null ? 'Start it with one.' : `Fetch one, such as: ${pull} qwen2.5:0.5b`;
    return { level: 'warn', subject, text: `it has no models. ${advice}` };
  }
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
