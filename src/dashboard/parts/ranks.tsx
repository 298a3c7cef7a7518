/** Colours of models: by their place in the sorted list of all names, so that no two neighbours share one by chance. */
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { ModelNamesDocument } from '../generated/graphql.ts';
import { useAnswer } from '../live/use-live.ts';

/** As many as can be told apart beside each other. */
export const COLOURS = 12;

const RanksContext = createContext<ReadonlyMap<string, number>>(new Map());

export function RanksRoot({ children }: { readonly children: ReactNode }) {
  const { value } = useAnswer(ModelNamesDocument, {});
  const ranks = useMemo(
    () => new Map((value?.models.nodes ?? []).map(({ name }, rank) => [name, rank])),
    [value],
  );
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
