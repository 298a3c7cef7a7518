/** What loads teach: how much memory a variant takes there, and how much room it had. */
import { messageOf } from '../../domain/errors.ts';
import type { Variant } from '../../domain/model.ts';
import type { LoadMeasurement, Registry } from '../../registry/registry.ts';
import type { TaskOf } from '../../scheduler/effects.ts';
import { roomOfLoad } from '../../scheduler/loads/room.ts';
import type { InstanceRecord, SchedulerState } from '../../scheduler/state.ts';
import type { Logger } from '../../telemetry/logger.ts';

export interface LearningParts {
  readonly registry: Pick<Registry, 'learnFootprint' | 'learnProbed'>;
  readonly state: () => SchedulerState;
  readonly logger: Pick<Logger, 'warn'>;
}

export class Learning {
  readonly #parts: LearningParts;

  constructor(parts: LearningParts) {
    this.#parts = parts;
  }

  /** @param variant as it was really loaded */
  measured(instance: InstanceRecord, variant: Variant, measurement: LoadMeasurement): void {
    const { registry, state } = this.#parts;
    const { backendId, config } = instance;
    const backend = state().backends.get(backendId);
    const room = roomOfLoad(instance, backend?.settings.headroomBytes ?? 0);
    registry
      .learnFootprint(variant, config, backend?.version ?? null, backendId, {
        ...measurement,
        ...(room.cards > 0 && room),
      })
      .catch(this.#notLearned);
  }

  /** What the probe saw it take, which is more than its server tells. */
  probed(
    { variant, config, backendId }: InstanceRecord,
    { probedBytes, cards }: Pick<TaskOf<'probed'>, 'probedBytes' | 'cards'>,
  ): void {
    this.#parts.registry
      .learnProbed(variant, config, backendId, { probedBytes, cards })
      .catch(this.#notLearned);
  }

  readonly #notLearned = (error: unknown) =>
    this.#parts.logger.warn(`What was learned could not be stored: ${messageOf(error)}`);
}
