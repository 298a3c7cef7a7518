/** Models that answer in words, and what it would take until they do. */
import {
  ChatModelsDocument,
  type ChatModelsQuery,
  type ChatModelsQueryVariables,
} from '../generated/graphql.ts';
import { useFollowed, usePulse } from '../live/use-followed.ts';
import { type Shown, useAllPages } from '../live/use-live.ts';
import { durationText } from '../text/format.ts';

export type TalkingModel = ChatModelsQuery['models']['nodes'][number];

function pageBehind({ models: { pageInfo } }: ChatModelsQuery): ChatModelsQueryVariables | null {
  return pageInfo.hasNextPage ? { after: pageInfo.endCursor } : null;
}

export function useTalkingModels(): Shown<readonly TalkingModel[]> {
  const { value, ...shown } = useFollowed(useAllPages(ChatModelsDocument, {}, pageBehind), usePulse());
  return { ...shown, value: value?.flatMap(({ models }) => models.nodes.filter(talks)) };
}

/** Of one that nothing is known of it is tried. */
function talks({ capabilities }: TalkingModel): boolean {
  return capabilities.length === 0 || capabilities.includes('COMPLETION');
}

export function sees({ capabilities }: TalkingModel): boolean {
  return capabilities.length === 0 || capabilities.includes('VISION');
}

export function stateOf({ expectedLoad, instances }: TalkingModel): string {
  if (instances.some(({ status }) => status === 'READY')) return 'in memory';
  if (instances.some(({ status }) => status === 'LOADING')) return 'loading';
  return expectedLoad == null ? 'not in memory' : `about ${durationText(expectedLoad)} to load`;
}
