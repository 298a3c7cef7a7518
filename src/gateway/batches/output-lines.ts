/** What came of a request as a line of the files that a batch leaves, or of its results. The same outcome gives the same line. */
import type { Clock } from '../../clock.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { RequestBatch } from '../../domain/request-batch.ts';
import type { OutputPart } from '../../domain/stored-file.ts';
import { apiError, errorBody } from '../anthropic/errors.ts';
import { openaiError } from '../openai/errors.ts';
import { problemOf } from '../shared/problem.ts';
import type { BatchEndpoint } from './endpoints.ts';
import type { Outcome } from './outcomes.ts';

export interface OutputLine {
  readonly part: OutputPart;
  /** With its end. */
  readonly text: string;
}

type LineForm = (outcome: Outcome, endpoint: BatchEndpoint, clock: Pick<Clock, 'now'>) => OutputLine;

const UNDONE = {
  CANCELLED: {
    code: 'batch_cancelled',
    message: 'This request was not executed because the batch was cancelled.',
  },
  EXPIRED: {
    code: 'batch_expired',
    message: 'This request could not be executed before the completion window expired.',
  },
} as const;

function openaiLine(outcome: Outcome, endpoint: BatchEndpoint, clock: Pick<Clock, 'now'>): OutputLine {
  const written = (status: number, body: string, part: OutputPart): OutputLine => ({
    part,
    text: `${head(outcome)},"response":{"status_code":${status},"request_id":"req_${outcome.id}","body":${body}},"error":null}\n`,
  });
  switch (outcome.kind) {
    case 'ANSWERED':
      return written(200, endpoint.toBody(outcome.end, clock), 'ANSWERS');
    case 'ERRORED': {
      const { status, body } = openaiError(outcome.problem);
      return written(status, JSON.stringify(body), 'ERRORS');
    }
    case 'CANCELLED':
    case 'EXPIRED':
      return {
        part: 'ERRORS',
        text: `${head(outcome)},"response":null,"error":${JSON.stringify(UNDONE[outcome.kind])}}\n`,
      };
    default:
      return outcome satisfies never;
  }
}

function head({ id, customId }: Outcome): string {
  return `{"id":"batch_req_${id}","custom_id":${JSON.stringify(customId)}`;
}

function anthropicLine(outcome: Outcome, endpoint: BatchEndpoint, clock: Pick<Clock, 'now'>): OutputLine {
  const written = (result: string): OutputLine => ({
    part: 'ANSWERS',
    text: `{"custom_id":${JSON.stringify(outcome.customId)},"result":${result}}\n`,
  });
  const plain = (result: JsonObject) => written(JSON.stringify(result));
  switch (outcome.kind) {
    case 'ANSWERED':
      return written(`{"type":"succeeded","message":${endpoint.toBody(outcome.end, clock)}}`);
    case 'ERRORED':
      return plain({ type: 'errored', error: errorBody(apiError(outcome.problem), `req_${outcome.id}`) });
    case 'CANCELLED':
      return plain({ type: 'canceled' });
    case 'EXPIRED':
      return plain({ type: 'expired' });
    default:
      return outcome satisfies never;
  }
}

const FORMS: Readonly<Record<RequestBatch['api'], LineForm>> = {
  OPENAI: openaiLine,
  ANTHROPIC: anthropicLine,
};

/** An answer that cannot be written is told as an error: every request has its line. */
export function lineOf(
  api: RequestBatch['api'],
  outcome: Outcome,
  endpoint: BatchEndpoint,
  { clock, log }: { readonly clock: Pick<Clock, 'now'>; readonly log: (message: string) => void },
): OutputLine {
  try {
    return FORMS[api](outcome, endpoint, clock);
  } catch (error) {
    const { customId, id } = outcome;
    return FORMS[api]({ customId, id, kind: 'ERRORED', problem: problemOf(error, log) }, endpoint, clock);
  }
}
