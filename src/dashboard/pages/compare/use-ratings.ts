/** What people think of the answers, kept with the batch. */
import { useRef, useState } from 'react';
import { BatchShownDocument, UpdateBatchDocument } from '../../generated/graphql.ts';
import { problemOf, ServerProblem } from '../../live/problems.ts';
import { useLiveParts } from '../../live/use-live.ts';
import { type Rating, type Ratings, readKept } from './plan.ts';

export interface RatingBook {
  readonly ratings: Ratings;
  readonly problem: Error | null;
  /** @param rating null takes it away */
  rate(cell: string, rating: Rating | null): void;
}

/** @param kept those that are with the batch, as far as this tab knows */
export function useRatings(id: string, kept: Ratings, onKept: () => void): RatingBook {
  const { connection } = useLiveParts();
  /** On their way to the server, or refused by it: shown all the same. */
  const [own, setOwn] = useState<Readonly<Record<string, Rating | null>>>({});
  const [problem, setProblem] = useState<Error | null>(null);
  const writing = useRef(Promise.resolve());
  /** Another tab may have rated meanwhile: what it wrote is read first, and only this cell is changed. */
  const write = async (cell: string, rating: Rating | null) => {
    const { batch } = await connection.ask(BatchShownDocument, { id });
    const before = readKept(batch?.metadata);
    if (!batch || !before) throw new ServerProblem('NOT_FOUND', 'This comparison is not there any more.');
    const ratings = changed(before.ratings, cell, rating);
    const metadata = { ...(batch.metadata as object), ratings };
    const { updateBatch } = await connection.ask(UpdateBatchDocument, { input: { id, metadata } });
    if ('code' in updateBatch) throw new ServerProblem(updateBatch.code, updateBatch.message);
  };
  const rate = (cell: string, rating: Rating | null) => {
    setOwn((before) => ({ ...before, [cell]: rating }));
    writing.current = writing.current.then(async () => {
      try {
        await write(cell, rating);
        setProblem(null);
        onKept();
      } catch (error) {
        setProblem(problemOf(error));
      }
    });
  };
  const ratings = Object.entries(own).reduce((all, [cell, rating]) => changed(all, cell, rating), kept);
  return { ratings, problem, rate };
}

function changed(ratings: Ratings, cell: string, rating: Rating | null): Ratings {
  const { [cell]: _, ...others } = ratings;
  return rating === null || (rating.stars === undefined && !rating.note)
    ? others
    : { ...others, [cell]: rating };
}
