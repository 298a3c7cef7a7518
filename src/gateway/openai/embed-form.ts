/** Answers of `/v1/embeddings`. */
import { vectorsIn } from '../../domain/vectors.ts';
import { type Exchange, JSON_TYPE } from '../../ollama-api/exchange.ts';
import { stringifyGo } from '../../ollama-api/go-json.ts';
import { sendSpace } from '../shared/answer-bytes.ts';
import type { AnswerForm, CompleteEnd } from '../shared/answer-with-job.ts';
import type { Problem } from '../shared/problem.ts';
import { failWhole } from './text-forms.ts';

export interface EmbedFormOptions {
  /** As the request spelled it. */
  readonly model: string;
  /** The bytes of 32-bit numbers as base64, which the SDKs ask for, in the place of lists of numbers. */
  readonly base64: boolean;
}

export class EmbedForm implements AnswerForm {
  readonly #exchange: Exchange;
  readonly #options: EmbedFormOptions;

  constructor(exchange: Exchange, options: EmbedFormOptions) {
    this.#exchange = exchange;
    this.#options = options;
  }

  record(): boolean {
    return false;
  }

  waiting(): void {
    sendSpace(this.#exchange);
  }

  /** Numbers are sent as the backend wrote them. */
  complete({ result }: CompleteEnd): void {
    if (result.kind !== 'embed') throw new Error(`An embedding came to a result of the kind ${result.kind}.`);
    const { response } = this.#exchange;
    const { base64, model } = this.#options;
    if (!response.headersSent) response.writeHead(200, { 'Content-Type': JSON_TYPE });
    response.write('{"object":"list","data":[');
    let index = 0;
    for (const piece of result.vectors.pieces) {
      const data: string[] = [];
      for (const vector of vectorsIn(piece)) {
        const numbers = Buffer.from(vector.buffer, vector.byteOffset, vector.length).toString('latin1');
        const embedding = base64 ? `"${base64Of(JSON.parse(numbers))}"` : numbers;
        data.push(`{"object":"embedding","embedding":${embedding},"index":${index}}`);
        index += 1;
      }
      response.write(`${index > data.length ? ',' : ''}${data.join(',')}`);
    }
    const { prompt_eval_count: count } = result.raw;
    const tokens = typeof count === 'number' ? count : 0;
    response.end(
      `],"model":${stringifyGo(model)},"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}}`,
    );
  }

  fail(problem: Problem): void {
    failWhole(this.#exchange, problem);
  }
}

/** 32-bit numbers, the least significant byte first. */
export function base64Of(numbers: readonly number[]): string {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [at, number] of numbers.entries()) bytes.writeFloatLE(number, 4 * at);
  return bytes.toString('base64');
}
