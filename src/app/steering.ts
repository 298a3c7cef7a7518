/** Memory steering as outsiders see it: instances are answered with all that the system view knows of them. */
import type { Instance } from '../domain/instance.ts';
import type { VramSteering } from '../domain/steering.ts';
import type { InstanceState, SystemView } from '../domain/system.ts';
import type { Steering } from '../scheduler/steering.ts';

export function createVramSteering(steering: Steering, system: Pick<SystemView, 'backends'>): VramSteering {
  const stateOf = ({ id, variant }: Instance): InstanceState => {
    const found = system
      .backends()
      .flatMap((backend) => backend.instances)
      .find((instance) => instance.id === id);
    if (!found) throw new Error(`${variant.modelName} was ready, and has gone already.`);
    return found;
  };
  return {
    reservations: () => steering.reservations(),
    reserve: (input) => steering.reserve(input),
    release: (id) => steering.release(id),
    loadModel: async (target) => stateOf(await steering.loadModel(target)),
    unloadModel: (target) => steering.unloadModel(target),
    pinModel: async (target) => stateOf(await steering.pinModel(target)),
    unpinModel: (target) => steering.unpinModel(target),
  };
}
