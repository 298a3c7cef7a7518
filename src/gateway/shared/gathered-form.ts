/** An answer that goes out as a whole: gathered record by record, and told when the job has ended. */
import type { JsonObject } from '../../domain/json.ts';
import type { Exchange } from '../../ollama-api/exchange.ts';
import { sendSpace } from './answer-bytes.ts';
import type { AnswerForm, CompleteEnd } from './answer-with-job.ts';
import { GatheredText, type TextShape } from './gathered-text.ts';
import type { Problem } from './problem.ts';

export abstract class GatheredForm implements AnswerForm {
  protected readonly exchange: Exchange;
  readonly #gathered: GatheredText;

  constructor(exchange: Exchange, shape: TextShape) {
    this.exchange = exchange;
    this.#gathered = new GatheredText(shape);
  }

  begin(): void {
    this.#gathered.begin();
  }

  record(raw: JsonObject): boolean {
    this.#gathered.add(raw);
    return false;
  }

  /** An object begins with spaces while it is waited for, which no reader of JSON minds. */
  waiting(): void {
    sendSpace(this.exchange);
  }

  complete(end: CompleteEnd, last: JsonObject | null): void {
    this.end(this.#gathered.whole(end, last));
  }

  /** @param whole the record that says everything */
  abstract end(whole: JsonObject): void;

  abstract fail(problem: Problem): void;
}
