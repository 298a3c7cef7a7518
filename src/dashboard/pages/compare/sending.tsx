/** The last step of setting up: its name, what sending it would mean, and the button. */
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { PreviewBatchDocument, SubmitBatchDocument } from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useKept } from '../../live/use-kept.ts';
import { useAnswer, useChange } from '../../live/use-live.ts';
import { useSettled } from '../../live/use-settled.ts';
import { Action } from '../../parts/action.tsx';
import { plural } from '../../text/format.ts';
import { type PlacedIssues, placedIssues } from './issues.ts';
import { batchOf, NO_PLAN, nameOf, type Plan } from './plan.ts';
import { Preview } from './preview.tsx';
import { type ChangePlan, keepPlan } from './use-plan.ts';

/** So often a forecast is asked for anew while nothing is typed, in ms. */
const AGAIN_MS = 5_000;

interface SendingProps {
  readonly plan: Plan;
  readonly change: ChangePlan;
  readonly onIssues: (issues: PlacedIssues) => void;
}

export function Sending({ plan, change, onIssues }: SendingProps) {
  const settled = useSettled(plan);
  const { jobs } = batchOf(settled);
  const shown = useKept(
    useFollowed(useAnswer(PreviewBatchDocument, { input: { jobs } }), usePulse(), AGAIN_MS),
  );
  const told = shown.value?.previewBatch.issues;
  const placed = told ? placedIssues(settled, told) : null;
  const text = JSON.stringify(told);
  useEffect(() => {
    if (placed) onIssues(placed);
  }, [text, settled, onIssues]);
  const submit = useChange(SubmitBatchDocument);
  const [, go] = useLocation();
  const send = async () => {
    const outcome = (await submit.run({ input: batchOf(plan) }))?.submitBatch;
    if (outcome?.__typename !== 'SubmitBatchPayload') return;
    keepPlan(NO_PLAN);
    go(`/compare/${outcome.batch.id}`);
  };
  return (
    <div className="compare-form">
      <label>
        Name
        <input
          value={plan.name}
          placeholder={nameOf(plan)}
          maxLength={200}
          onChange={(event) => change((before) => ({ ...before, name: event.target.value }))}
        />
      </label>
      <Preview shown={shown} issues={placed?.others ?? []} />
      <Action change={submit} run={send} about="of the comparison" kind="main">
        Send {plural(batchOf(plan).jobs.length, 'job')}
      </Action>
    </div>
  );
}
