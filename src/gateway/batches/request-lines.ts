/** Lines of a batch as requests. */
import { stringifyDeep } from '../../domain/deep-json.ts';
import type { LineProblem, RequestBatch } from '../../domain/request-batch.ts';
import { isObject } from '../shared/json-object.ts';
import type { Line } from './line-reader.ts';

export interface RequestLine {
  readonly customId: string;
  /** JSON. */
  readonly body: string;
}

/** @returns what is wrong where it is no request */
export function readRequestLine(
  { api, endpoint }: Pick<RequestBatch, 'api' | 'endpoint'>,
  { number, text }: Line,
): RequestLine | LineProblem {
  const wrong = (code: string, message: string, param: string | null = null): LineProblem => ({
    code,
    message,
    line: number,
    param,
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong('invalid_json_line', 'This line is not parseable as valid JSON.');
  }
  if (!isObject(value)) return wrong('invalid_json_line', 'This line is not a JSON object.');
  const { custom_id: customId } = value;
  if (typeof customId !== 'string' || customId === '')
    return wrong('missing_required_parameter', "Missing required parameter: 'custom_id'.", 'custom_id');
  if (customId.length > LONGEST_ID)
    return wrong('invalid_custom_id', `custom_id has more than ${LONGEST_ID} characters.`, 'custom_id');
  // The lines of the other API are our own writing.
  if (api === 'ANTHROPIC') return { customId, body: stringifyDeep(value.params) };
  if (value.method !== 'POST')
    return wrong('invalid_method', "The method of every request must be 'POST'.", 'method');
  if (value.url !== endpoint)
    return wrong(
      'mismatched_url',
      `The url of every request must be the endpoint of the batch, '${endpoint}'.`,
      'url',
    );
  if (!isObject(value.body))
    return wrong('missing_required_parameter', "Missing required parameter: 'body', an object.", 'body');
  return { customId, body: stringifyDeep(value.body) };
}

/** Of a custom_id, in characters. */
export const LONGEST_ID = 512;

export function isProblem(line: RequestLine | LineProblem): line is LineProblem {
  return 'message' in line;
}
