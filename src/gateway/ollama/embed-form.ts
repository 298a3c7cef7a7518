/** Answers of `/api/embed` and `/api/embeddings`. The vectors are sent as the backend wrote them: no digit is read. */
import { type Exchange, JSON_TYPE } from '../../ollama-api/exchange.ts';
import { stringifyGo } from '../../ollama-api/go-json.ts';
import { sendSpace, sendWhole } from '../shared/answer-bytes.ts';
import type { AnswerForm, CompleteEnd } from '../shared/answer-with-job.ts';
import type { Problem } from '../shared/problem.ts';
import { ollamaError, sendProblem } from './errors.ts';

export type EmbedStyle = 'embed' | 'embeddings';

export class EmbedForm implements AnswerForm {
  readonly #exchange: Exchange;
  readonly #style: EmbedStyle;
  readonly #model: string;

  /** @param model as the request names it */
  constructor(exchange: Exchange, style: EmbedStyle, model: string) {
    this.#exchange = exchange;
    this.#style = style;
    this.#model = model;
  }

  record(): boolean {
    return false;
  }

  waiting(): void {
    sendSpace(this.#exchange);
  }

  complete({ result }: CompleteEnd): void {
    if (result.kind !== 'embed') throw new Error(`An embedding came to a result of the kind ${result.kind}.`);
    this.#begin();
    const { response } = this.#exchange;
    const { model: _, ...rest } = result.raw;
    const isList = this.#style === 'embed';
    response.write(isList ? `{"model":${stringifyGo(this.#model)},"embeddings":[` : '{"embedding":');
    for (const [index, { bytes }] of result.vectors.pieces.entries()) {
      if (index > 0) response.write(',');
      response.write(bytes);
    }
    const tail = stringifyGo(rest).slice(1, -1);
    response.end(isList ? `]${tail && `,${tail}`}}` : '}');
  }

  fail(problem: Problem): void {
    const { response } = this.#exchange;
    if (response.headersSent) sendWhole(this.#exchange, { error: ollamaError(problem).message });
    else sendProblem(this.#exchange, problem);
  }

  #begin(): void {
    const { response } = this.#exchange;
    if (!response.headersSent) response.writeHead(200, { 'Content-Type': JSON_TYPE });
  }
}
