/** Memory wishes as outsiders see it: instances are answered with all that the system view knows of them. */
import { BackendUnavailableError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance.ts';
import type { MemoryOperations } from '../domain/memory-operations.ts';
import type { InstanceState, SystemView } from '../domain/system.ts';
import type { WishIntake } from '../scheduler/wishes/intake.ts';

export function createMemoryOperations(
  wishes: WishIntake,
  system: Pick<SystemView, 'backends'>,
): MemoryOperations {
  const stateOf = ({ id, variant, backendId }: Instance): InstanceState => {
    const found = system
      .backends()
      .flatMap((backend) => backend.instances)
      .find((instance) => instance.id === id);
    if (!found)
      throw new BackendUnavailableError(
        `${variant.modelName} was in memory, and has gone already. Ask again.`,
        backendId,
      );
    return found;
  };
  return {
    reservations: () => wishes.reservations(),
    reserve: (input) => wishes.reserve(input),
    endReservation: (id) => wishes.endReservation(id),
    loadModel: async (target) => stateOf(await wishes.loadModel(target)),
    lengthenKeepAlive: (model, keepAliveMs) => wishes.lengthenKeepAlive(model, keepAliveMs),
    unloadModel: (target) => wishes.unloadModel(target),
    pinModel: async (target) => stateOf(await wishes.pinModel(target)),
    unpinModel: (target) => wishes.unpinModel(target),
  };
}
