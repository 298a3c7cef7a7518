/** What those who admit jobs know of models. */
import type { ModelDirectory } from '../accept/accept.ts';
import type { TaskChooser } from '../domain/task.ts';
import type { Registry } from '../registry/registry.ts';
import type { SchedulerLoop } from '../scheduler/loop.ts';

export function buildModelDirectory(
  registry: Registry,
  loop: SchedulerLoop,
  tasks: TaskChooser,
): ModelDirectory {
  return {
    get known() {
      return registry.known;
    },
    find: (name) => registry.model(tasks.choose(name)?.option.model ?? name)?.info ?? null,
    tasks,
    names: registry.names,
    unheard: () =>
      [...loop.state.backends.values()]
        .filter(({ health }) => health === 'UNREACHABLE')
        .map(({ settings }) => settings.name),
  };
}
