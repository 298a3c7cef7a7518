/** Searches on the web, which OpenAI's own servers make and this one does not. */
import { cloudDisabled } from '../../../ollama-api/errors.ts';
import { ProblemError, refused } from '../../shared/problem.ts';

const { message, status } = cloudDisabled('web search is');

/** The model called the search that it was offered, and its caller cannot answer that call. */
export class SearchAsked extends ProblemError {
  constructor() {
    super(refused(status, 'WEB_SEARCH_UNAVAILABLE', message));
  }
}
