/** What every store must do. An implementation's own tests run this and add what only it can promise. */
import { afterEach, beforeEach, describe } from 'vitest';
import { type Clock, VirtualClock } from '../../src/clock.ts';
import type { Store } from '../../src/domain/store.ts';
import { storeBatchesContract } from './store-batches.ts';
import { storeBoundsContract } from './store-bounds.ts';
import { storeChatsContract } from './store-chats.ts';
import { storeCoursesContract } from './store-courses.ts';
import { storeFilesContract } from './store-files.ts';
import { storeHistoryContract } from './store-history.ts';
import { storeImagesContract } from './store-images.ts';
import { storeJobCommandsContract } from './store-job-commands.ts';
import { storeListContract } from './store-lists.ts';
import { storeModelContract } from './store-model.ts';
import { storeRequestBatchesContract } from './store-request-batches.ts';
import { storeResultsContract } from './store-results.ts';
import { storeRunningContract } from './store-running.ts';
import { storeSharedAnswersContract } from './store-shared-answers.ts';
import { storeSubmittingContract } from './store-submitting.ts';
import { storeWaitingContract } from './store-waiting.ts';

export interface StoreUnderTest {
  readonly store: Store;
  /** Stops the store and removes what it left. */
  dispose(): Promise<void>;
}

export type MakeStore = (clock: Clock) => Promise<StoreUnderTest>;

/** The fresh store of the test that runs. */
export type CurrentStore = () => { readonly store: Store; readonly clock: VirtualClock };

export function storeContract(name: string, makeStore: MakeStore): void {
  describe(`${name} as a store`, () => {
    let clock: VirtualClock;
    let made: StoreUnderTest;
    beforeEach(async () => {
      clock = new VirtualClock();
      made = await makeStore(clock);
    });
    afterEach(() => made.dispose());

    const current: CurrentStore = () => ({ store: made.store, clock });
    storeSubmittingContract(current);
    storeRunningContract(current);
    storeSharedAnswersContract(current);
    storeResultsContract(current);
    storeCoursesContract(current);
    storeJobCommandsContract(current);
    storeBoundsContract(current);
    storeFilesContract(current);
    storeImagesContract(current);
    storeChatsContract(current);
    storeBatchesContract(current);
    storeRequestBatchesContract(current);
    storeHistoryContract(current);
    storeWaitingContract(current);
  });

  storeListContract(name, makeStore);
  storeModelContract(name, makeStore);
}
