/** Whether the chosen models fit into memory together. */
import { BudgetDocument } from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { bytesText } from '../../text/format.ts';

/** @param models none: those that are loaded or waited for */
export function Budget({ models }: { readonly models: readonly string[] }) {
  const budget = useFollowed(
    useAnswer(BudgetDocument, { models: models.length === 0 ? null : [...models] }),
    usePulse(),
  );
  return (
    <Card
      title="Do they fit together?"
      aside={models.length === 0 ? 'what is loaded or waited for; tick others above' : models.join(', ')}
    >
      <Loaded shown={budget}>
        {({ memoryBudget: { capacityBytes, explanation, fits, requiredBytes } }) => (
          <>
            <p className="verdict">
              <strong>{fits ? 'Yes' : 'No'}</strong> {bytesText(requiredBytes)} of {bytesText(capacityBytes)}
            </p>
            <pre className="explanation">{explanation}</pre>
          </>
        )}
      </Loaded>
    </Card>
  );
}
