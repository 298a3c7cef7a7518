/** What those who admit jobs know of models. */
import type { ModelDirectory } from '../accept/accept.ts';
import type { Registry } from '../registry/registry.ts';
import type { SchedulerLoop } from '../scheduler/loop.ts';

export function buildModelDirectory(registry: Registry, loop: SchedulerLoop): ModelDirectory {
  return {
    get known() {
      return registry.known;
    },
    find: (name) => registry.model(name)?.info ?? null,
    names: registry.names,
    unheard: () =>
      [...loop.state.backends.values()]
        .filter(({ health }) => health === 'UNREACHABLE')
        .map(({ settings }) => settings.name),
  };
}
