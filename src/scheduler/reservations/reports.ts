/** Says when reservations for a program begin and cease to hold, and when nothing is what they are for. */
import { isProgram } from '../../domain/gpu.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { ownPids } from '../observe/attribute.ts';
import type { SchedulerState } from '../state.ts';

const MOST_NAMES = 8;

export class ReservationReports {
  readonly #logger: Pick<Logger, 'info' | 'warn'>;
  /** Whether a program was there, by reservation. */
  readonly #held = new Map<string, boolean>();

  constructor(logger: Pick<Logger, 'info' | 'warn'>) {
    this.#logger = logger;
  }

  /** To be called whenever the state has changed. */
  stateChanged(state: SchedulerState): void {
    const { backends, wishes } = state;
    for (const { id, owner, gpuId, whileProcess } of wishes.reservations.values()) {
      if (whileProcess === null) continue;
      for (const backend of backends.values()) {
        const { settings, gpus } = backend;
        const gpu = gpus?.find((each) => each.id === gpuId);
        if (!gpu) continue;
        const own = ownPids(state, backend);
        const others = gpu.reading.processes.filter(({ pid }) => !own.has(pid));
        const holds = others.some((process) => isProgram(process, whileProcess));
        if (this.#held.get(id) === holds) continue;
        const isFirst = !this.#held.has(id);
        this.#held.set(id, holds);
        const what = `The reservation of ${owner} on GPU ${gpu.reading.index} of ${settings.name}`;
        // Without the command lines: they may hold secrets.
        const names = others.map(({ name, pid }) => name ?? `process ${pid}`).slice(0, MOST_NAMES);
        const seen = names.length > 0 ? `seen there: ${names.join(', ')}` : 'no program is seen there';
        if (holds) this.#logger.info(`${what} holds: a program matches "${whileProcess}".`);
        else if (isFirst)
          this.#logger.warn(
            `${what} holds nothing until a program matches "${whileProcess}" (whileProcess); ${seen}.`,
          );
        else this.#logger.info(`${what} holds nothing any more: no program matches "${whileProcess}".`);
      }
    }
  }
}
