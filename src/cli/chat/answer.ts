/** One question of a conversation as a job, from its submission to its end. */
import type { ApiClient } from '../../client/api-client.ts';
import type { SubmitJobInput } from '../../client/generated/graphql.ts';
import { CancelJob } from '../../client/job-documents.ts';
import { type ShownJob, submitJob } from '../jobs/api-calls.ts';
import { followOutput } from '../jobs/follow-output.ts';
import { cutNote } from '../jobs/job-report.ts';
import { tellWhyItWaits } from '../jobs/wait-reasons.ts';
import type { AnswerView } from './answer-view.ts';
import { showWaiting } from './wait-status.ts';

export interface Answer {
  readonly job: ShownJob;
  /** What came of the answer itself, without thinking. */
  readonly text: string;
}

export class RunningAnswer {
  readonly id: string;
  readonly #api: ApiClient;

  private constructor(api: ApiClient, id: string) {
    this.#api = api;
    this.id = id;
  }

  /** @throws SubmissionRefusedError */
  static async begin(api: ApiClient, input: SubmitJobInput): Promise<RunningAnswer> {
    return new RunningAnswer(api, (await submitJob(api, input)).id);
  }

  /**
   * Shows it as it grows.
   * @param onText is told once, when there is something to read
   */
  async show(view: AnswerView, onText: () => void): Promise<Answer> {
    const waiting = new AbortController();
    if (view.isWatched) void showWaiting(this.#api, this.id, (text) => view.status(text), waiting.signal);
    else void tellWhyItWaits(this.#api, this.id, (text) => view.note(text), waiting.signal);
    let text = '';
    try {
      const job = await followOutput(this.#api, this.id, (piece) => {
        if (!waiting.signal.aborted && piece.text !== '') {
          waiting.abort();
          onText();
        }
        if (piece.newAttempt !== null) text = '';
        if (piece.channel === 'TEXT') text += piece.text;
        view.piece(piece);
      });
      const cut = cutNote(job);
      if (cut) view.note(cut);
      return { job, text };
    } finally {
      waiting.abort();
      view.end();
    }
  }

  /** Its end comes the usual way; one that has ended already stays as it is. */
  async cancel(): Promise<void> {
    await this.#api.request(CancelJob, { input: { id: this.id, reason: 'Stopped in the terminal.' } });
  }
}
