/** The kind of job that asks for the text that follows a prompt. */
import { z } from 'zod';
import type { InputIssue } from '../domain/errors.ts';
import { imageFields, ofText, optional, prose, text } from './fields.ts';
import type { JobKindSpec, Lack } from './kind.ts';
import { imageLacks, textLacks } from './text-lacks.ts';

/** What a server would refuse, or leave out without a word, beside something else. */
const NEVER_TOGETHER = [
  ['raw', 'system', 'raw gives the prompt to the model as it is'],
  ['raw', 'suffix', 'raw gives the prompt to the model as it is'],
  ['raw', 'template', 'raw gives the prompt to the model as it is'],
  ['raw', 'context', 'raw gives the prompt to the model as it is'],
  ['suffix', 'system', 'a model that fills in sees the prompt and the suffix alone'],
] as const;

/** The text that follows a prompt. */
export const generate: JobKindSpec<'GENERATE'> = {
  description: 'The text that follows a prompt.',
  field: 'generate',
  tellingField: 'prompt',
  result: 'text',
  shape: {
    ...ofText,
    prompt: prose,
    system: optional(text),
    suffix: optional(text),
    template: optional(text),
    context: optional(z.array(z.int('must be a whole number.'))),
    raw: optional(z.boolean()),
    ...imageFields,
  },

  rules(request): readonly InputIssue[] {
    return NEVER_TOGETHER.flatMap(([given, other, because]) => {
      const value = request[other];
      if (!request[given] || !value || value.length === 0) return [];
      return [{ path: [other], message: `cannot go with ${given}: ${because}.` }];
    });
  },

  mapImages(request, map) {
    return { ...request, images: request.images?.map(map) };
  },

  prompts({ prompt, system = '', suffix = '', template = '', context, images }) {
    const texts = [prompt, system, suffix, template];
    return [{ texts, turns: 1, images: images?.length ?? 0, tokens: context?.length ?? 0 }];
  },

  cutsUnlessForbidden: false,

  lacks(request, can): readonly Lack[] {
    return textLacks(can, request.think, [
      ...imageLacks(can, request.images, []),
      ...(request.suffix && !can('insert')
        ? [{ path: ['suffix'], what: 'cannot insert text before a suffix' }]
        : []),
    ]);
  },
};
