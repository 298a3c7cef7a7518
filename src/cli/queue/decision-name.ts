/** What the kinds of decisions are called in a terminal, and how they look. */
import type { DecisionKind } from '../../client/generated/graphql.ts';

const SHORT_NAMES: Partial<Record<DecisionKind, string>> = {
  ADMISSION_REFUSED: 'REFUSED',
  CELL_DEATH: 'DIED',
  CELL_END: 'ENDED',
  CELL_START: 'STARTED',
};

/** At most nine characters. */
export function decisionName(kind: DecisionKind): string {
  return SHORT_NAMES[kind] ?? kind;
}

export const DECISION_STYLE = {
  ADMISSION_REFUSED: 'red',
  CELL_DEATH: 'red',
  CELL_END: 'reset',
  CELL_START: 'reset',
  DISPATCH: 'reset',
  DRAIN: 'yellow',
  FALLBACK: 'magenta',
  LOAD: 'cyan',
  UNLOAD: 'yellow',
  WAIT: 'reset',
} as const satisfies Record<DecisionKind, string>;
