/** Answers of `/api/generate` and `/api/chat`: record by record as the backend gave them, or as one. */
import type { JsonObject } from '../../domain/json.ts';
import { type Exchange, ObjectStream } from '../../ollama-api/exchange.ts';
import { sendWhole } from '../shared/answer-bytes.ts';
import type { AnswerForm, CompleteEnd } from '../shared/answer-with-job.ts';
import { GatheredForm } from '../shared/gathered-form.ts';
import { GatheredText, type TextShape } from '../shared/gathered-text.ts';
import type { Problem } from '../shared/problem.ts';
import { ollamaError, sendProblem, tellHeaders } from './errors.ts';

export class StreamForm implements AnswerForm {
  readonly #exchange: Exchange;
  readonly #shape: TextShape;
  readonly #stream: ObjectStream;

  constructor(exchange: Exchange, shape: TextShape) {
    this.#exchange = exchange;
    this.#shape = shape;
    this.#stream = new ObjectStream(exchange);
  }

  record(raw: JsonObject): boolean {
    this.#stream.write(this.#shape.named(raw));
    return true;
  }

  waiting(): void {
    this.#stream.write(this.#shape.record({ content: '', thinking: '' }));
  }

  complete(end: CompleteEnd, last: JsonObject | null): void {
    this.#stream.write(last ? this.#shape.named(last) : new GatheredText(this.#shape).whole(end, null));
    this.#stream.end();
  }

  fail(problem: Problem): void {
    tellHeaders(this.#exchange, problem);
    this.#stream.fail(ollamaError(problem));
  }
}

/** One object. */
export class WholeForm extends GatheredForm {
  end(whole: JsonObject): void {
    sendWhole(this.exchange, whole);
  }

  fail(problem: Problem): void {
    if (this.exchange.response.headersSent) sendWhole(this.exchange, { error: ollamaError(problem).message });
    else sendProblem(this.exchange, problem);
  }
}
