/** The error of a download that was ended from here. */
import { VramkeeperError } from '../domain/errors.ts';

/** Why a download ended that nobody at the backend broke off. */
export class PullEndedError extends VramkeeperError {
  readonly code = 'PULL_ENDED';
}
