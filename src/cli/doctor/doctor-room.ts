/** Whether the settings leave anything of the cards to models. */
import type { BackendConfig, Config, ReservationConfig } from '../../config/config.ts';
import { nothingLeft } from '../../domain/card-room.ts';
import { type GpuReading, isProgram } from '../../domain/gpu.ts';
import type { Finding } from './finding.ts';

const subject = 'gpu';

/** @param gpus as they were read; those of the settings alone have nothing in use */
export function roomFindings(
  { name }: Pick<BackendConfig, 'name'>,
  { headroomBytes, reservations }: Pick<Config, 'headroomBytes' | 'reservations'>,
  gpus: readonly Pick<GpuReading, 'index' | 'totalBytes' | 'processes'>[],
): readonly Finding[] {
  if (gpus.length === 0) return [];
  const mine = reservations.filter(({ backend }) => backend === null || backend === name);
  return [
    ...gpus.flatMap((gpu) => leftOf(gpu, headroomBytes, mine)),
    ...mine.flatMap((reservation) => placeOf(reservation, gpus)),
  ];
}

function leftOf(
  gpu: Pick<GpuReading, 'index' | 'totalBytes'>,
  headroomBytes: number,
  reservations: readonly ReservationConfig[],
): readonly Finding[] {
  const here = reservations.filter((one) => one.gpu === null || one.gpu === gpu.index);
  const sum = (some: readonly ReservationConfig[]) => some.reduce((bytes, one) => bytes + one.bytes, 0);
  const always = sum(here.filter(({ whileProcess }) => whileProcess === null));
  const failing = nothingLeft(gpu, headroomBytes + always);
  if (failing !== null) return [{ level: 'fail', subject, text: failing }];
  const warning = nothingLeft(gpu, headroomBytes + sum(here), ' while the programs that they are for run');
  return warning === null ? [] : [{ level: 'warn', subject, text: warning }];
}

function placeOf(
  { owner, gpu: index, whileProcess }: ReservationConfig,
  gpus: readonly Pick<GpuReading, 'index' | 'processes'>[],
): readonly Finding[] {
  const here = gpus.filter((gpu) => index === null || gpu.index === index);
  if (here.length === 0) {
    const there = gpus.map((gpu) => gpu.index).join(', ');
    const text = `the reservation of ${owner} is for GPU ${index}, which is not there; there are ${there}. Correct its gpu.`;
    return [{ level: 'fail', subject, text }];
  }
  if (whileProcess === null) return [];
  const programs = here.flatMap(({ processes }) => processes);
  if (programs.some((program) => isProgram(program, whileProcess)))
    return [
      {
        level: 'ok',
        subject,
        text: `the reservation of ${owner} holds now: a program matches "${whileProcess}"`,
      },
    ];
  const names = [...new Set(programs.map(({ name, pid }) => name ?? `process ${pid}`))].slice(0, 8);
  const seen = names.length > 0 ? `seen there: ${names.join(', ')}` : 'no program is seen there';
  const text = `the reservation of ${owner} holds nothing now, as no program matches "${whileProcess}"; ${seen}. If it runs, correct whileProcess.`;
  return [{ level: 'warn', subject, text }];
}
