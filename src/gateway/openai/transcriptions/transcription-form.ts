/** What was said in a sound, as an object with it or as plain text. */
import type { JsonObject } from '../../../domain/json.ts';
import { type Exchange, send } from '../../../ollama-api/exchange.ts';
import { sendSpace, sendWhole } from '../../shared/answer-bytes.ts';
import type { AnswerForm, CompleteEnd } from '../../shared/answer-with-job.ts';
import { GatheredText, type TextShape } from '../../shared/gathered-text.ts';
import type { Problem } from '../../shared/problem.ts';
import { sendProblem } from '../errors.ts';
import { failWhole } from '../text-forms.ts';

const PLAIN_TEXT = 'text/plain; charset=utf-8';

export class TranscriptionForm implements AnswerForm {
  readonly #exchange: Exchange;
  readonly #shape: TextShape;
  readonly #isPlain: boolean;
  readonly #gathered: GatheredText;

  /** @param responseFormat `text`; whatever else it is, the answer is JSON, as times of words are not known */
  constructor(exchange: Exchange, shape: TextShape, responseFormat: string) {
    this.#exchange = exchange;
    this.#shape = shape;
    this.#isPlain = responseFormat === 'text';
    this.#gathered = new GatheredText(shape);
  }

  begin(): void {
    this.#gathered.begin();
  }

  record(raw: JsonObject): boolean {
    this.#gathered.add(raw);
    return false;
  }

  waiting(): void {
    const { response } = this.#exchange;
    if (!this.#isPlain) sendSpace(this.#exchange);
    else {
      if (!response.headersSent) response.writeHead(200, { 'Content-Type': PLAIN_TEXT });
      response.write(' ');
    }
  }

  complete(end: CompleteEnd, last: JsonObject | null): void {
    const text = this.#shape.contentOf(this.#gathered.whole(end, last)).trim();
    const { response } = this.#exchange;
    if (!this.#isPlain) sendWhole(this.#exchange, { text });
    else if (response.headersSent) response.end(text);
    else send(this.#exchange, 200, text, PLAIN_TEXT);
  }

  fail(problem: Problem): void {
    const { response } = this.#exchange;
    if (!this.#isPlain) failWhole(this.#exchange, problem);
    else if (!response.headersSent) sendProblem(this.#exchange, problem);
    // Any words would be taken for what was said.
    else response.destroy();
  }
}
