/** What was said in a sound, as an object with it or as plain text. */
import type { JsonObject } from '../../../domain/json.ts';
import { type Exchange, send } from '../../../ollama-api/exchange.ts';
import { sendWhole } from '../../shared/answer-bytes.ts';
import { GatheredForm } from '../../shared/gathered-form.ts';
import type { TextShape } from '../../shared/gathered-text.ts';
import type { Problem } from '../../shared/problem.ts';
import { sendProblem } from '../errors.ts';
import { failWhole } from '../text-forms.ts';

const PLAIN_TEXT = 'text/plain; charset=utf-8';

export class TranscriptionForm extends GatheredForm {
  readonly #shape: TextShape;
  readonly #isPlain: boolean;

  /** @param responseFormat `text`; whatever else it is, the answer is JSON, as times of words are not known */
  constructor(exchange: Exchange, shape: TextShape, responseFormat: string) {
    super(exchange, shape);
    this.#shape = shape;
    this.#isPlain = responseFormat === 'text';
  }

  override waiting(): void {
    const { response } = this.exchange;
    if (!this.#isPlain) super.waiting();
    else {
      if (!response.headersSent) response.writeHead(200, { 'Content-Type': PLAIN_TEXT });
      response.write(' ');
    }
  }

  end(whole: JsonObject): void {
    const text = this.#shape.contentOf(whole).trim();
    const { response } = this.exchange;
    if (!this.#isPlain) sendWhole(this.exchange, { text });
    else if (response.headersSent) response.end(text);
    else send(this.exchange, 200, text, PLAIN_TEXT);
  }

  fail(problem: Problem): void {
    const { response } = this.exchange;
    if (!this.#isPlain) failWhole(this.exchange, problem);
    else if (!response.headersSent) sendProblem(this.exchange, problem);
    // Any words would be taken for what was said.
    else response.destroy();
  }
}
