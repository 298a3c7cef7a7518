/** What the `/` commands do to a conversation. */
import type { ApiClient } from '../../client/api-client.ts';
import { ModelFacts } from '../../client/model-documents.ts';
import { imageText } from '../submit/job-input.ts';
import { type Fact, factLines } from '../terminal/facts.ts';
import { noteStyled, type Terminal } from '../terminal/terminal.ts';
import { wrapped } from '../terminal/wrapped.ts';
import { type ChatCommand, helpRows } from './chat-command.ts';
import type { ChatSettings } from './chat-flags.ts';
import type { Conversation } from './conversation.ts';
import { loadConversation, saveConversation } from './conversation-file.ts';
import { needModel, type Offer } from './model-choice.ts';

/** What they act on. */
export interface Talk {
  readonly api: ApiClient;
  readonly terminal: Terminal;
  readonly conversation: Conversation;
  settings: ChatSettings;
  images: readonly string[];
  say(text: string): void;
  /** Of a model that is missing; null where nobody can be asked. */
  offerOf(model: string): Offer | null;
  /** Goes on with another conversation, or with this one as it is set now. */
  begin(conversation: Conversation): void;
  retry(): Promise<void>;
  why(): Promise<void>;
}

/** Those that leave are not among them. @throws VramkeeperError */
export async function carryOut(command: Exclude<ChatCommand, { kind: 'bye' }>, talk: Talk): Promise<void> {
  const { conversation } = talk;
  switch (command.kind) {
    case 'help':
      return talk.terminal.note(helpText(talk.terminal.columns));
    case 'why':
      return talk.why();
    case 'retry':
      return talk.retry();
    case 'clear':
      talk.images = [];
      talk.begin({ ...conversation, messages: [] });
      return talk.say('Forgotten what was said.');
    case 'show':
      return talk.terminal.note(await shown(talk));
    case 'model':
      return changeModel(command.name, talk);
    case 'system':
      talk.begin({ ...conversation, system: command.text });
      return talk.say(command.text === null ? 'No instruction any more.' : 'Set the instruction.');
    case 'parameter':
      talk.begin({
        ...conversation,
        parameters: { ...conversation.parameters, [command.name]: command.value },
      });
      return talk.say(`Set ${command.name} to ${valueText(command.value)}.`);
    case 'format':
      talk.begin({ ...conversation, format: command.format });
      return talk.say(command.format === null ? 'Answers have any form.' : 'Answers are in JSON.');
    case 'think':
      talk.begin({ ...conversation, think: command.level });
      return talk.say(`Thinking is ${command.level.toLowerCase()}.`);
    case 'verbose':
      talk.settings = { ...talk.settings, verbose: command.on };
      return talk.say(command.on ? 'Timings after each answer.' : 'No timings.');
    case 'wordwrap':
      talk.settings = { ...talk.settings, wordWrap: command.on };
      return talk.say(command.on ? 'Lines are broken between words.' : 'The terminal breaks lines.');
    case 'image':
      talk.images = [...talk.images, await imageText(command.name)];
      return talk.say(
        `The next question has ${talk.images.length === 1 ? 'an image' : `${talk.images.length} images`}.`,
      );
    case 'save':
      await saveConversation(conversation, command.name);
      return talk.say(`Saved to ${command.name}.`);
    case 'load': {
      const loaded = await loadConversation(command.name);
      talk.begin(loaded);
      return talk.say(`Goes on with ${loaded.messages.length} messages, on ${loaded.model}.`);
    }
    default:
      return command satisfies never;
  }
}

async function changeModel(name: string, talk: Talk): Promise<void> {
  await needModel(talk.api, name, talk.terminal, talk.offerOf(name));
  talk.begin({ ...talk.conversation, model: name });
  talk.say(`${name} answers from now on.`);
}

/** The commands and what they do, a line each where there is room. */
export function helpText(columns: number | null): string {
  const facts = helpRows();
  const width = facts.reduce((most, [command]) => Math.max(most, command.length), 0) + 2;
  return [
    ...facts.map(([command, does]) => wrapped(`${command.padEnd(width)}${does}`, columns, width)),
    '',
    wrapped('"""       begins and ends a question of several lines', columns, 10),
    wrapped('Ctrl-C    ends an answer; what came of it is kept', columns, 10),
    wrapped('Ctrl-D    leaves, at the beginning of a line', columns, 10),
  ].join('\n');
}

async function shown({ api, terminal, conversation, settings, images }: Talk): Promise<string> {
  const { model } = await api.request(ModelFacts, { name: conversation.model });
  const { system, format, think, parameters, messages } = conversation;
  const facts: Fact[] = [
    ['Model', conversation.model],
    ['Size', [model?.parameterSize, model?.quantization].filter(Boolean).join(', ')],
    ['Context', model?.contextLength ? `${model.contextLength} tokens at most` : null],
    ['Can', model?.capabilities.map((one) => one.toLowerCase()).join(', ')],
    ['System', system],
    ['Format', format === null ? null : valueText(format)],
    [
      'Thinking',
      `${think === null ? 'as the model likes' : think.toLowerCase()}${settings.hideThinking ? ', hidden' : ''}`,
    ],
    ...Object.entries(parameters).map(([name, value]): Fact => ['Parameter', `${name} ${valueText(value)}`]),
    ['Priority', settings.priority],
    ['Said', `${messages.length} messages`],
    ['Images', images.length > 0 ? `${images.length} for the next question` : null],
  ];
  return factLines(facts, noteStyled(terminal));
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
