/** One decision: what, about which model, and the sentence with the numbers that decided it. */
import { Link } from 'wouter';
import type { DecisionLineFragment } from '../../generated/graphql.ts';
import { ModelName } from '../../parts/ranks.tsx';
import { At } from '../../parts/when.tsx';
import { words } from '../../text/format.ts';

interface DecisionLineProps {
  readonly decision: DecisionLineFragment;
  /** Whether to link the job that it is about. */
  readonly withJob?: boolean;
}

export function DecisionLine({ decision, withJob = true }: DecisionLineProps) {
  const { at, explanation, job, kind, modelName } = decision;
  return (
    <li className="decision">
      <span className="decision-at">
        <At at={at} />
      </span>
      <span className={`decision-kind is-${kind.toLowerCase()}`}>{words(kind)}</span>
      <span className="decision-what">
        {modelName != null && <ModelName name={modelName} />}
        <span className="decision-why">
          {explanation}{' '}
          {withJob && job && (
            <Link href={`/jobs/${job.id}`} data-row>
              its job
            </Link>
          )}
        </span>
      </span>
    </li>
  );
}
