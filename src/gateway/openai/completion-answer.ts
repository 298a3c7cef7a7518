/** Answers of `/v1/completions`. */
import type { JsonObject } from '../../domain/json.ts';
import {
  type AnswerOptions,
  createdAt,
  doneReason,
  FINGERPRINT,
  type TextAnswer,
  usageOf,
} from './text-answer.ts';

export class CompletionAnswer implements TextAnswer {
  readonly #options: AnswerOptions;
  #created: number | null = null;

  constructor(options: AnswerOptions) {
    this.#options = options;
  }

  chunks(record: JsonObject): readonly JsonObject[] {
    return [this.#chunk(record, [choice(record)], this.#options.includeUsage ? usageOf({}) : null)];
  }

  lastChunks(last: JsonObject): readonly JsonObject[] {
    const chunks = this.chunks(last);
    return this.#options.includeUsage ? [...chunks, this.#chunk(last, [], usageOf(last))] : chunks;
  }

  whole(record: JsonObject): JsonObject {
    return {
      id: this.#options.id,
      object: 'text_completion',
      created: createdAt(record, this.#options.clock),
      model: this.#options.model,
      system_fingerprint: FINGERPRINT,
      choices: [choice(record)],
      usage: usageOf(record),
    };
  }

  #chunk(record: JsonObject, choices: readonly JsonObject[], usage: JsonObject | null): JsonObject {
    const { id, model, clock } = this.#options;
    this.#created ??= createdAt(record, clock);
    return {
      id,
      object: 'text_completion',
      created: this.#created,
      choices,
      model,
      system_fingerprint: FINGERPRINT,
      ...(usage && { usage }),
    };
  }
}

function choice(record: JsonObject): JsonObject {
  const { response } = record;
  const text = typeof response === 'string' ? response : '';
  return { text, index: 0, finish_reason: doneReason(record) };
}
