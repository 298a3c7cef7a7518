/** Runs that begin before the claim on their jobs is on disk: the backend works while the disk does, and nobody hears of it before. */
import { nextTurn } from '../clock.ts';
import type { ClaimedJob } from '../domain/store.ts';
import { blobsOf } from '../kinds/kinds.ts';
import { ClaimHold } from './claim-hold.ts';
import type { HeldClaims } from './held-claims.ts';
import { type HeldInstance, type Run, RunEnded } from './held-instance.ts';

export interface EarlyRunsOptions {
  readonly claims: HeldClaims;
  readonly run: (instance: HeldInstance, claimed: ClaimedJob, hold: ClaimHold) => Run;
}

/** Those of one claim. */
export class EarlyRuns {
  readonly #options: EarlyRunsOptions;
  readonly #begun: { readonly instance: HeldInstance; readonly run: Run }[] = [];

  constructor(options: EarlyRunsOptions) {
    this.#options = options;
  }

  /** What refers to blobs waits for the commit, as they cannot be read before; so does what is for an instance that is not ready. */
  begin(instance: HeldInstance, claimed: readonly ClaimedJob[]): void {
    if (!instance.handle) return;
    for (const one of claimed) {
      if (blobsOf(one.request).length > 0) continue;
      this.#begun.push({ instance, run: this.#options.run(instance, one, new ClaimHold()) });
    }
  }

  /** The claim did not come to be. */
  drop(): void {
    for (const { instance, run } of this.#begun) dropRun(instance, run);
  }

  /** The claim was answered. Those that it has speak from now on, the others end. */
  async settle(): Promise<void> {
    if (this.#begun.length === 0) return;
    // Whoever is told of the same commit that the job was accepted hears that first.
    await nextTurn();
    for (const { instance, run } of this.#begun) {
      if (this.#options.claims.hold(run.claimed.job)) run.hold.settle(true);
      else dropRun(instance, run);
    }
  }

  has({ job: { id, fence } }: ClaimedJob): boolean {
    return this.#begun.some(({ run: { claimed } }) => claimed.job.id === id && claimed.job.fence === fence);
  }
}

function dropRun(instance: HeldInstance, run: Run): void {
  instance.running.delete(run);
  run.controller.abort(new RunEnded('not-held'));
  run.hold.settle(false);
}
