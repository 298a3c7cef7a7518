/** Which model answers, and what it would take until it does. */
import {
  ChatModelsDocument,
  type ChatModelsQuery,
  type ChatModelsQueryVariables,
} from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useAllPages } from '../../live/use-live.ts';
import { durationText } from '../../text/format.ts';

type Model = ChatModelsQuery['models']['nodes'][number];

function pageBehind({ models: { pageInfo } }: ChatModelsQuery): ChatModelsQueryVariables | null {
  return pageInfo.hasNextPage ? { after: pageInfo.endCursor } : null;
}

export function useChatModels(): readonly Model[] {
  const { value } = useFollowed(useAllPages(ChatModelsDocument, {}, pageBehind), usePulse());
  return (value ?? []).flatMap(({ models }) => models.nodes.filter(talks));
}

/** Of one that nothing is known of it is tried. */
function talks({ capabilities }: Model): boolean {
  return capabilities.length === 0 || capabilities.includes('COMPLETION');
}

interface ModelChoiceProps {
  readonly models: readonly Model[];
  readonly value: string;
  readonly onChange: (name: string) => void;
}

export function ModelChoice({ models, value, onChange }: ModelChoiceProps) {
  const isKnown = models.some(({ name }) => name === value);
  return (
    <select aria-label="Model" value={value} onChange={(event) => onChange(event.target.value)}>
      {!isKnown && <option value={value}>{value === '' ? 'Choose a model' : `${value} (not there)`}</option>}
      {models.map((model) => (
        <option key={model.id} value={model.name}>
          {model.name} · {stateOf(model)}
        </option>
      ))}
    </select>
  );
}

function stateOf({ expectedLoad, instances }: Model): string {
  if (instances.some(({ status }) => status === 'READY')) return 'in memory';
  if (instances.some(({ status }) => status === 'LOADING')) return 'loading';
  return expectedLoad == null ? 'not in memory' : `about ${durationText(expectedLoad)} to load`;
}
