/** Colours of models: by their place in the sorted list of all names, so that no two neighbours share one by chance. */
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import {
  ModelNamesDocument,
  type ModelNamesQuery,
  type ModelNamesQueryVariables,
} from '../generated/graphql.ts';
import { useFollowed, usePulse } from '../live/use-followed.ts';
import { useAllPages } from '../live/use-live.ts';

/** As many as can be told apart beside each other. */
export const COLOURS = 12;

/** Models come and go seldom. */
const LEAST_MS = 10_000;

const RanksContext = createContext<ReadonlyMap<string, number>>(new Map());

function pageBehind({ models: { pageInfo } }: ModelNamesQuery): ModelNamesQueryVariables | null {
  return pageInfo.hasNextPage ? { after: pageInfo.endCursor } : null;
}

export function RanksRoot({ children }: { readonly children: ReactNode }) {
  const { value } = useFollowed(useAllPages(ModelNamesDocument, {}, pageBehind), usePulse(), LEAST_MS);
  const ranks = useMemo(() => {
    const names = (value ?? []).flatMap(({ models }) => models.nodes.map(({ name }) => name));
    return new Map(names.map((name, rank) => [name, rank]));
  }, [value]);
  return <RanksContext value={ranks}>{children}</RanksContext>;
}

/** The class of the model's colour. */
export function useRankClass(): (model: string) => string {
  const ranks = useContext(RanksContext);
  return (model) => {
    const rank = ranks.get(model) ?? ranks.get(`${model}:latest`);
    return rank === undefined ? 'rank-none' : `rank-${rank % COLOURS}`;
  };
}

export function ModelName({ name }: { readonly name: string }) {
  const rankClass = useRankClass();
  return (
    <span className="model-name">
      <span className={`chip ${rankClass(name)}`} aria-hidden="true" />
      <span className="cut">{name}</span>
    </span>
  );
}
