/** How a model is run, of a chat and of a request. */
import type { ChatOptions } from '../../domain/chat.ts';
import { builder } from '../builder.ts';

export const ModelOptionsRef = builder.objectRef<ChatOptions>('ModelOptions').implement({
  description: 'How a model is run. Null stands for what the model does by itself.',
  fields: (t) => ({
    contextLength: t.exposeInt('contextLength', { nullable: true, description: 'Tokens of context.' }),
    extra: t.field({
      type: 'JSON',
      nullable: true,
      description: "Further options of Ollama's `options`.",
      resolve: ({ extra }) => extra,
    }),
    maxTokens: t.expose('maxTokens', {
      type: 'Integer',
      nullable: true,
      description: 'The most tokens to produce.',
    }),
    seed: t.expose('seed', {
      type: 'Integer',
      nullable: true,
      description: 'Null: another one each time.',
    }),
    temperature: t.exposeFloat('temperature', { nullable: true, description: 'Null: as the model has it.' }),
  }),
});
