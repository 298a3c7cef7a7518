/** Comparisons: one that is set up, with what it would mean before it is sent, and those that were sent. */
import { useState } from 'react';
import '../../asking/asking.css';
import { SettingsForm } from '../../asking/settings-form.tsx';
import { Card } from '../../parts/card.tsx';
import { Empty } from '../../parts/loaded.tsx';
import { plural } from '../../text/format.ts';
import { BatchList } from '../batches/batch-list.tsx';
import './compare.css';
import type { PlacedIssues } from './issues.ts';
import { ModelsToCompare } from './models.tsx';
import { filledRows, KIND } from './plan.ts';
import { Rows } from './rows.tsx';
import { Sending } from './sending.tsx';
import { usePlan } from './use-plan.ts';

const NO_ISSUES: PlacedIssues = { rows: new Map(), models: new Map(), others: [] };

export function Compare() {
  const [plan, change] = usePlan();
  const [issues, setIssues] = useState(NO_ISSUES);
  const count = filledRows(plan).length * plan.models.length;
  const shown = count === 0 ? NO_ISSUES : issues;
  return (
    <div className="page compare">
      <h1 className="unseen">Compare</h1>
      <div className="compare-columns">
        <Card title="What is asked">
          <div className="compare-form">
            <label className="compare-question">
              Question for every input
              <textarea
                rows={3}
                value={plan.question}
                placeholder="Such as: What is wrong with this part?"
                onChange={(event) => change((before) => ({ ...before, question: event.target.value }))}
              />
            </label>
            <Rows rows={plan.rows} change={change} problems={shown.rows} />
            <SettingsForm
              value={plan.settings}
              onChange={(settings) => change((before) => ({ ...before, settings }))}
            />
          </div>
        </Card>
        <div className="page">
          <Card title={plan.models.length === 0 ? 'Models' : plural(plan.models.length, 'model')}>
            <ModelsToCompare
              chosen={plan.models}
              hasImages={plan.rows.some(({ image }) => image !== null)}
              problems={shown.models}
              onChange={(models) => change((before) => ({ ...before, models }))}
            />
          </Card>
          <Card title="Before it is sent">
            {count === 0 ? (
              <Empty>
                {plan.models.length === 0 ? 'Choose a model or several.' : 'Ask a question, or add an input.'}
              </Empty>
            ) : (
              <Sending plan={plan} change={change} onIssues={setIssues} />
            )}
          </Card>
        </div>
      </div>
      <BatchList title="Comparisons" kind={KIND} />
    </div>
  );
}
