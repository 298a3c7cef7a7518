/** What the doctor looks at for a managed Ollama: the program, the folder of models, the GPUs. Starts no server. */
import { namesOf } from '../../app/backends.ts';
import { lookAtFolder, lookAtProgram } from '../../backend/managed/look.ts';
import type { Clock } from '../../clock.ts';
import type { BackendConfig, Config, ManagedConfig } from '../../config/config.ts';
import type { ModelNameRule } from '../../domain/model-names.ts';
import { modelsFinding } from './doctor-backend.ts';
import { gpuFindings } from './doctor-gpus.ts';
import type { Finding } from './finding.ts';

export async function checkManaged(
  backend: BackendConfig,
  config: Config,
  clock: Clock,
): Promise<readonly Finding[]> {
  const { managed } = backend;
  if (!managed) return [];
  const subject = backend.name.slice(0, 10);
  return [
    await programFinding(subject, managed, clock),
    ...(await folderFindings(subject, managed, namesOf(backend), config)),
    setupFinding(subject, managed),
    ...(await gpuFindings(backend, config, false, clock)),
  ];
}

async function programFinding(subject: string, managed: ManagedConfig, clock: Clock): Promise<Finding> {
  const program = await lookAtProgram(managed, process.env, clock);
  if (program.kind === 'unusable') return { level: 'fail', subject, text: program.problem };
  return { level: 'ok', subject, text: `${program.path}: ${versionText(program.version)}` };
}

/** Never a source build's own number, which says nothing. */
export function versionText(version: string | null): string {
  if (version === null) return 'Ollama; it does not tell its version';
  return version === '0.0.0' ? 'Ollama built from its source' : `Ollama ${version}`;
}

async function folderFindings(
  subject: string,
  { models }: ManagedConfig,
  names: ModelNameRule,
  config: Config,
): Promise<readonly Finding[]> {
  const folder = await lookAtFolder(models);
  if (folder.kind === 'unusable') return [{ level: 'fail', subject, text: folder.problem }];
  const findings: Finding[] = [];
  const warn = (text: string) => findings.push({ level: 'warn', subject, text });
  findings.push(modelsFinding(subject, folder.models, names, config, 'vramkeeper pull'));
  if (folder.closedFiles > 0)
    warn(
      `${folder.closedFiles} files in ${folder.path}/blobs may not be read by this user, so models of theirs cannot be loaded. Correct their permissions.`,
    );
  if (folder.writable) findings.push({ level: 'ok', subject, text: `models are in ${folder.path}` });
  else
    warn(
      `models are in ${folder.path}, where this user may not write: they can be used, but not pulled, copied or deleted. Run vramkeeper as the user that owns the folder for that.`,
    );
  return findings;
}

function setupFinding(subject: string, { parallel, parallelLoads, warmCells, keep }: ManagedConfig): Finding {
  const loads = parallelLoads === 1 ? '1 load' : `${parallelLoads} loads`;
  const warm = warmCells === 1 ? '1 process stands' : `${warmCells} processes stand`;
  const end = keep ? '; what is loaded outlives the server' : '';
  return {
    level: 'ok',
    subject,
    text: `parallel: ${parallel}, ${loads} at a time, ${warm} ready for each GPU${end}`,
  };
}
