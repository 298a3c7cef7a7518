/** The newest decisions: those that there were, and each that is made since. */
import { useEffect, useMemo } from 'react';
import {
  DecidedDocument,
  type DecidedSubscription,
  type DecisionFilter,
  type DecisionLineFragment,
  DecisionPageDocument,
  type DecisionPageQuery,
} from '../../generated/graphql.ts';
import { type Shown, useAnswer, useFolded } from '../../live/use-live.ts';

export interface Decided {
  /** The newest first. */
  readonly decisions: readonly DecisionLineFragment[];
  /** How many that came since were forgotten before they could be told. */
  readonly missed: number;
  /** Where older ones begin; null where there are none. */
  readonly end: string | null;
}

interface News {
  readonly decisions: readonly DecisionLineFragment[];
  readonly missed: number;
}

const MOST_NEWS = 400;
/** So many new ones are asked for as a page: then none of them is lost when the oldest news are. */
const MANY_NEWS = 200;
const NO_NEWS: News = { decisions: [], missed: 0 };

function withNewest(known: News | undefined, { decided: { decision, missed } }: DecidedSubscription): News {
  const { decisions, missed: before } = known ?? NO_NEWS;
  // A stream that begins anew tells some again.
  if (decisions.some(({ id }) => id === decision.id)) return { decisions, missed: before + missed };
  return { decisions: [decision, ...decisions].slice(0, MOST_NEWS), missed: before + missed };
}

const goOn = ({ decided }: DecidedSubscription) => ({ after: decided.cursor });

export function useDecided(filter: DecisionFilter): Shown<Decided> {
  const page = useAnswer(DecisionPageDocument, { after: null, filter });
  const { value: news = NO_NEWS } = useFolded(DecidedDocument, { after: null, filter }, withNewest, goOn);
  const { again, value } = page;
  const isFarAhead = value !== undefined && newsBefore(value, news) > MANY_NEWS;
  useEffect(() => {
    if (isFarAhead) again();
  }, [isFarAhead, again]);
  return useMemo(() => ({ ...page, value: value && together(value, news) }), [page, value, news]);
}

function newsBefore({ decisions: { nodes } }: DecisionPageQuery, news: News): number {
  const asked = new Set(nodes.map(({ id }) => id));
  const place = news.decisions.findIndex(({ id }) => asked.has(id));
  return place < 0 ? news.decisions.length : place;
}

/** What both know is where they join. The page may be ahead, as it is told what is not on disk yet. */
function together({ decisions: { nodes, pageInfo } }: DecisionPageQuery, news: News): Decided {
  const places = new Map(news.decisions.map(({ id }, place) => [id, place]));
  const first = nodes.findIndex(({ id }) => places.has(id));
  const last = nodes.findLastIndex(({ id }) => places.has(id));
  const lastNews = places.get(nodes[last]?.id ?? '') ?? news.decisions.length - 1;
  return {
    decisions: [
      ...nodes.slice(0, Math.max(0, first)),
      ...news.decisions.slice(0, lastNews + 1),
      ...nodes.slice(last + 1),
    ],
    missed: news.missed,
    end: pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null,
  };
}
