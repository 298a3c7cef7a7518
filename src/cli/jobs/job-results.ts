/** What became of each of many jobs, told as soon as it has ended, one after the other. */
import type { ApiClient } from '../../client/api-client.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { showJob, wholeJob } from './api-calls.ts';
import { cutNote, resultBlock } from './job-report.ts';
import type { Tally, WatchedStatus } from './job-watch.ts';
import type { Progress } from './progress.ts';

export interface ResultOptions {
  readonly json: boolean;
  /** How many there will be. */
  readonly total: number;
  /** In which line of a file each was written, by its place among them. */
  readonly lines?: readonly number[] | undefined;
}

export class JobResults {
  readonly #api: ApiClient;
  readonly #options: ResultOptions;
  readonly #progress: Progress;
  readonly #terminal: Terminal;
  readonly #places = new Map<string, number>();
  #last: Promise<void> = Promise.resolve();

  constructor(api: ApiClient, options: ResultOptions, progress: Progress, terminal: Terminal) {
    this.#api = api;
    this.#options = options;
    this.#progress = progress;
    this.#terminal = terminal;
  }

  /** More of the jobs, in the order of their submission. Before any of them is told. */
  number(jobs: readonly { readonly id: string }[]): void {
    for (const { id } of jobs) this.#places.set(id, this.#places.size);
  }

  ended(id: string, status: WatchedStatus): void {
    this.#last = this.#last.then(() => (status === 'GONE' ? this.#tellGone(id) : this.#tell(id)));
    // Thrown by `told`, whether or not that is being waited for yet.
    this.#last.catch(() => {});
  }

  /** Resolves when all that have ended are told. @throws what the first failed with, after which none is told */
  told(): Promise<void> {
    return this.#last;
  }

  #tellGone(id: string): void {
    this.#progress.say(`${id}: the server has forgotten it, and with it what became of it.`);
  }

  async #tell(id: string): Promise<void> {
    const job = await showJob(this.#api, id);
    const place = this.#places.get(id) ?? 0;
    const line = this.#options.lines?.[place];
    const text = this.#options.json
      ? JSON.stringify({ ...(line === undefined ? {} : { line }), ...(await wholeJob(this.#api, job)) })
      : resultBlock(job, `${place + 1}/${this.#options.total}`, this.#terminal);
    this.#progress.aside(() => this.#terminal.outLine(text));
    const cut = cutNote(job);
    if (cut) this.#progress.say(`${place + 1}/${this.#options.total} ${id}: ${cut}`);
  }
}

/** `50 complete, 0 failed, 0 cancelled` */
export function tallyText(tally: Tally): string {
  return `${tally.complete} complete, ${tally.failed} failed, ${tally.cancelled} cancelled`;
}
