/** `vramkeeper task list`, `select` and `warmup`. */
import type { ListTasksQuery } from '../../client/generated/graphql.ts';
import { ListTasks, SelectTaskModel, WarmUpTasks } from '../../client/task-documents.ts';
import { formatBytes } from '../../domain/units.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned } from '../terminal/text.ts';
import { wrapped } from '../terminal/wrapped.ts';

type Task = ListTasksQuery['tasks'][number];

export function listTasks(
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const { tasks, memoryBudget } = await api.request(ListTasks, {});
    if (options.json) for (const task of tasks) terminal.outLine(JSON.stringify(task));
    else if (tasks.length === 0)
      terminal.outLine('No tasks are configured. Add them under tasks in the settings file.');
    else {
      terminal.outLine(table(cleaned(tasks), terminal));
      if (!memoryBudget.fits) terminal.note(wrapped(memoryBudget.explanation, terminal.columns, 2));
    }
    return EXIT.done;
  });
}

/** A line for each option, the selected one of each task marked. */
function table(tasks: readonly Task[], { columns, style }: Terminal): string {
  return fittedTable(
    [
      { head: 'TASK' },
      { head: 'OPTION' },
      { head: 'MODEL', least: 12 },
      { head: 'VRAM', right: true, rank: 4 },
      { head: 'SPEED', rank: 3 },
      { head: 'STATE', rank: 5 },
      { head: 'DESCRIPTION', rank: 1 },
    ],
    tasks.flatMap(({ name, description, selected, options }) =>
      options.map((option, i) => [
        i === 0 ? name : '',
        option.name === selected.name ? style('green', `* ${option.name}`) : `  ${option.name}`,
        option.modelName,
        option.vramBytes ? formatBytes(option.vramBytes) : '-',
        option.speed?.toLowerCase() ?? '-',
        stateOf(option),
        option.description ?? (i === 0 ? (description ?? '-') : '-'),
      ]),
    ),
    columns,
  );
}

function stateOf({ loaded, model }: Task['options'][number]): string {
  if (!model) return 'missing';
  return loaded ? 'loaded' : '-';
}

export function selectTask(
  task: string,
  option: string,
  options: ConnectionOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const { selectTaskModel: answer } = await api.request(SelectTaskModel, { input: { task, option } });
    if (answer.__typename !== 'SelectTaskModelPayload') throw new CommandError(answer.message);
    const { name, selected } = answer.task;
    terminal.outLine(`${name} runs on ${selected.modelName} (${selected.name}) from now on.`);
    terminal.note(answer.explanation);
    return EXIT.done;
  });
}

export function warmUpTasks(
  tasks: readonly string[],
  options: ConnectionOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const input = { tasks: tasks.length === 0 ? null : [...tasks] };
    const { warmUpTasks: answer } = await api.request(WarmUpTasks, { input });
    if (answer.__typename !== 'WarmUpTasksPayload') throw new CommandError(answer.message);
    for (const { task, problem } of answer.tasks) {
      if (problem) terminal.note(`${task.name}: ${problem}`);
      else terminal.outLine(`${task.name}: ${task.selected.modelName} is in memory.`);
    }
    return answer.tasks.every(({ problem }) => !problem) ? EXIT.done : EXIT.failed;
  });
}
