/** Named kinds of work, each with the models that can do it: `tasks` in the settings. */
import { z } from 'zod';
import { InvalidSettingError } from '../domain/errors.ts';
import { TASK_SPEEDS, type Task } from '../domain/task.ts';
import { memory, oneOf, shown, text } from './values.ts';

/** As part of a model's name in every API. */
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
const MOST_FPS = 1_000;

const fps = z
  .number({ error: (issue) => `${shown(issue.input)} is not a number of frames in a second.` })
  .positive({ error: 'has to be more than 0.' })
  .max(MOST_FPS, { error: `has to be at most ${MOST_FPS}.` });

const option = z.strictObject(
  {
    model: text('the name of a model'),
    backend: text('the name of a backend').optional(),
    vram: memory.optional(),
    quantization: text('a quantization, such as Q4_K_M').optional(),
    speed: oneOf(TASK_SPEEDS).optional(),
    description: text('a description').optional(),
    fps: fps.optional(),
    provider: text('the name of a provider').optional(),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type'
        ? `${shown(issue.input)} is not an option of a task, such as { model: "qwen3:8b", speed: fast }.`
        : undefined,
  },
);

function named<S extends z.ZodType>(of: S, what: string, example: string) {
  return z
    .record(z.string(), of, {
      error: (issue) => `${shown(issue.input)} is not a group of ${what}, such as ${example}.`,
    })
    .superRefine((entries, context) => {
      for (const name of Object.keys(entries)) {
        if (NAME.test(name)) continue;
        const message = `${shown(name)} is not a name: use up to 64 letters, digits, dots, dashes and underscores, a letter or digit first.`;
        context.addIssue({ code: 'custom', path: [name], message });
      }
    });
}

const task = z
  .strictObject(
    {
      description: text('a description').optional(),
      options: named(option, 'options', '{ small: { model: "qwen3:4b" } }'),
      selected: text('the name of an option').optional(),
      warmup: z.boolean({ error: (issue) => `${shown(issue.input)} is neither true nor false.` }).optional(),
    },
    {
      error: (issue) =>
        issue.code === 'invalid_type'
          ? `${shown(issue.input)} is not a task, such as { options: { small: { model: "qwen3:4b" } } }.`
          : undefined,
    },
  )
  .superRefine(({ options, selected }, context) => {
    const names = Object.keys(options);
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (names.length === 0) refuse('options', 'has none. Give at least one, with its model.');
    else if (selected !== undefined && !names.includes(selected))
      refuse('selected', `${shown(selected)} is none of its options: ${names.join(', ')}.`);
  });

export const tasks = named(task, 'tasks', '{ summarize: { options: { small: { model: "qwen3:4b" } } } }');

/** @throws InvalidSettingError for a backend that is not there */
export function tasksOf(settings: z.output<typeof tasks> = {}, backends: readonly string[]): readonly Task[] {
  return Object.entries(settings).map(([name, { options, selected, description, warmup }]) => {
    const all = Object.entries(options).map(([optionName, each]) => {
      const { backend = null, vram, quantization, speed, fps: frames, provider } = each;
      if (backend !== null && !backends.includes(backend))
        throw new InvalidSettingError(
          `tasks.${name}.options.${optionName}.backend: there is no backend ${shown(backend)}. There are: ${backends.join(', ')}.`,
        );
      return {
        name: optionName,
        model: each.model,
        backend,
        vramBytes: vram ?? null,
        quantization: quantization ?? null,
        speed: speed ?? null,
        description: each.description ?? null,
        fps: frames ?? null,
        provider: provider ?? null,
      };
    });
    return {
      name,
      description: description ?? null,
      options: all,
      // The first is the usual one where nobody says.
      selected: selected ?? all[0]?.name ?? '',
      warmup: warmup ?? false,
    };
  });
}
