/**
 * Claims that are told before their commit. What is claimed is sure but for the disk, so that whoever runs it begins meanwhile, and says nothing before the
 * commit has been told too.
 */
import type { Operations } from '../operation.ts';
import type { Answer, AnswerAhead, NumberedCall } from './protocol.ts';
import type { Tell } from './tell-answers.ts';

/** Of a group that is about to be committed: tells what is claimed for instances that are ready, and answers what is still to be told afterwards. */
export type TellAhead = (
  calls: readonly NumberedCall<Operations>[],
  answers: readonly Answer[],
) => readonly Answer[];

export const NOT_AHEAD: TellAhead = (_, answers) => answers;

export function tellClaims(tell: Tell): TellAhead {
  return (calls, answers) => {
    const ahead: AnswerAhead[] = [];
    const rest = answers.map((answer, at): Answer => {
      const told = calls[at];
      if (!told || answer.ok !== true || !isClaimToRun(told, answer.value)) return answer;
      ahead.push({ number: told.number, value: answer.value });
      return { ok: 'as-told' };
    });
    if (ahead.length === 0) return answers;
    try {
      tell({ kind: 'ahead', text: JSON.stringify(ahead) });
    } catch {
      // It may be too large for one text. Whoever waits for the commit loses no more than time.
      return answers;
    }
    return rest;
  };
}

function isClaimToRun({ call }: NumberedCall<Operations>, value: unknown): boolean {
  return call.kind === 'claim' && call.input.as === 'RUNNING' && Array.isArray(value) && value.length > 0;
}
