/** What the run took, as the backend counted it. */
import { JobResultDocument, type UsageFragment } from '../../generated/graphql.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Facts } from '../../parts/facts.tsx';
import { countText, durationText, words } from '../../text/format.ts';

export function Usage({ id }: { readonly id: string }) {
  const result = useAnswer(JobResultDocument, { id }).value?.job?.result;
  if (!result) return null;
  const { contextLength, truncated, usage } = result;
  const vectors =
    result.__typename === 'EmbedResult'
      ? ([['Vectors', `${countText(result.count)} of ${countText(result.dimensions)} numbers`]] as const)
      : ([['Ended by', words(result.doneReason)]] as const);
  return (
    <Facts
      facts={[
        ...vectors,
        ['Tokens', `${countText(usage.promptTokens)} read, ${countText(usage.completionTokens)} produced`],
        ['Cost', usage.cost?.toPrecision(3) ?? null],
        ['Speed', speedText(usage)],
        [
          'Context',
          contextLength == null ? null : `${countText(contextLength)}${truncated ? ', prompt cut' : ''}`,
        ],
      ]}
    />
  );
}

function speedText({ completionTokens, evalDuration, promptDuration }: UsageFragment): string | null {
  if (completionTokens === 0 || evalDuration === 0) return null;
  const speed = `${((completionTokens * 1000) / evalDuration).toFixed(1)} tokens a second`;
  return promptDuration == null ? speed : `${speed}, after ${durationText(promptDuration)} of reading`;
}
