/** The `/` commands of a conversation: what there is, and what was typed. Pure. */
import type { ThinkLevel } from '../../client/generated/graphql.ts';
import { UsageError } from '../exit.ts';
import { thinkLevelOf } from '../jobs/think-level.ts';
import { PARAMETER_NAMES, type ParameterValue, parameterOf } from './parameters.ts';

export type ChatCommand =
  | { readonly kind: 'bye' }
  | { readonly kind: 'help' | 'clear' | 'show' | 'retry' | 'why' }
  | { readonly kind: 'model' | 'save' | 'load' | 'image'; readonly name: string }
  | { readonly kind: 'system'; readonly text: string | null }
  | { readonly kind: 'parameter'; readonly name: string; readonly value: ParameterValue }
  | { readonly kind: 'format'; readonly format: 'json' | null }
  | { readonly kind: 'think'; readonly level: ThinkLevel }
  | { readonly kind: 'verbose' | 'wordwrap'; readonly on: boolean };

interface Entry {
  readonly names: readonly string[];
  /** Behind the name, for people. */
  readonly takes?: string;
  readonly does: string;
  readonly parse: (rest: string) => ChatCommand;
}

const plain =
  (command: ChatCommand) =>
  (rest: string): ChatCommand => {
    if (rest !== '') throw new UsageError(`/${command.kind} takes nothing behind it.`);
    return command;
  };

const named =
  (kind: 'model' | 'save' | 'load' | 'image', takes: string) =>
  (rest: string): ChatCommand => {
    if (rest === '') throw new UsageError(`Write /${kind} ${takes}.`);
    return { kind, name: unquoted(rest) };
  };

const SETTINGS: readonly Entry[] = [
  {
    names: ['parameter'],
    takes: 'NAME VALUE',
    does: `an option of the model: ${PARAMETER_NAMES.join(', ')}`,
    parse: (rest) => {
      const [name = '', ...words] = wordsOf(rest);
      return { kind: 'parameter', name, value: parameterOf(name, words) };
    },
  },
  {
    names: ['system'],
    takes: 'TEXT',
    does: 'the same as /system',
    parse: (rest) => ({ kind: 'system', text: rest === '' ? null : rest }),
  },
  {
    names: ['format'],
    takes: 'json|noformat',
    does: 'answers in JSON, or in any form',
    parse: (rest) => ({
      kind: 'format',
      format: choice(rest, 'format', { json: 'json', noformat: null } as const),
    }),
  },
  {
    names: ['noformat'],
    does: 'the same as /set format noformat',
    parse: () => ({ kind: 'format', format: null }),
  },
  {
    names: ['think'],
    takes: '[low|medium|high]',
    does: 'the model thinks first, where it can',
    parse: (rest) => ({ kind: 'think', level: rest === '' ? 'ON' : thinkLevelOf(rest) }),
  },
  { names: ['nothink'], does: 'it does not', parse: () => ({ kind: 'think', level: 'OFF' }) },
  {
    names: ['verbose'],
    does: 'timings after each answer',
    parse: () => ({ kind: 'verbose', on: true }),
  },
  { names: ['quiet'], does: 'no timings', parse: () => ({ kind: 'verbose', on: false }) },
  {
    names: ['wordwrap'],
    does: 'lines are broken between words',
    parse: () => ({ kind: 'wordwrap', on: true }),
  },
  { names: ['nowordwrap'], does: 'the terminal breaks them', parse: () => ({ kind: 'wordwrap', on: false }) },
];

const COMMANDS: readonly Entry[] = [
  {
    names: ['set'],
    takes: 'NAME ...',
    does: 'how answers are made and shown, see below',
    parse: (rest) => {
      const [name = '', value] = split(rest);
      return entryOf(SETTINGS, name, '/set ').parse(value);
    },
  },
  {
    names: ['system'],
    takes: 'TEXT',
    does: 'instructs the model from now on; without a text no more',
    parse: (rest) => ({ kind: 'system', text: rest === '' ? null : rest }),
  },
  { names: ['image'], takes: 'FILE', does: 'an image for the next question', parse: named('image', 'FILE') },
  { names: ['model'], takes: 'NAME', does: 'goes on with another model', parse: named('model', 'NAME') },
  { names: ['show'], does: 'the model and what is set', parse: plain({ kind: 'show' }) },
  { names: ['retry'], does: 'answers the last question again', parse: plain({ kind: 'retry' }) },
  { names: ['why'], does: 'why the answer waits, also while it does', parse: plain({ kind: 'why' }) },
  { names: ['clear'], does: 'forgets what was said', parse: plain({ kind: 'clear' }) },
  { names: ['save'], takes: 'FILE', does: 'writes the conversation to a file', parse: named('save', 'FILE') },
  { names: ['load'], takes: 'FILE', does: 'goes on with one that was saved', parse: named('load', 'FILE') },
  { names: ['help', '?'], does: 'this', parse: plain({ kind: 'help' }) },
  { names: ['bye', 'exit', 'quit'], does: 'leaves', parse: plain({ kind: 'bye' }) },
];

/** Null for what is a question. @throws UsageError for a command that is none, or makes no sense */
export function parseCommand(text: string): ChatCommand | null {
  const [, name, rest] = /^\/(\S*)\s*([\s\S]*)$/.exec(text.trim()) ?? [];
  // A path is the beginning of a question: no command has a second slash, or a dot.
  if (name === undefined || rest === undefined || /[/.]/.test(name)) return null;
  return entryOf(COMMANDS, name, '/').parse(rest.trim());
}

/** Names and what they do, for a table. */
export function helpRows(): readonly (readonly [command: string, does: string])[] {
  const rows = (entries: readonly Entry[], before: string) =>
    entries.map(({ names, takes, does }): readonly [string, string] => [
      `${names.map((name) => `${before}${name}`).join(', ')}${takes ? ` ${takes}` : ''}`,
      does,
    ]);
  return [...rows(COMMANDS, '/'), ...rows(SETTINGS, '/set ')];
}

function entryOf(entries: readonly Entry[], name: string, before: string): Entry {
  const found = entries.find(({ names }) => names.includes(name));
  if (found) return found;
  const all = entries.map(({ names: [first] }) => `${before}${first}`).join(', ');
  throw new UsageError(
    name === ''
      ? `Write one of ${all}.`
      : `There is no ${before}${name}. There are ${all}; /help says what they do.`,
  );
}

function split(text: string): readonly [string, string] {
  const [, first = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  return [first, rest];
}

function choice<T>(text: string, name: string, values: Readonly<Record<string, T>>): T {
  const found = Object.entries(values).find(([value]) => value === text);
  if (!found) throw new UsageError(`/set ${name} takes ${Object.keys(values).join(' or ')}.`);
  return found[1];
}

/** Words, where quotes keep blanks together. */
function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
}
