import { VramkeeperError } from '../domain/errors.ts';

/** What is to be simulated makes no sense: the message says what would. */
export class InvalidSimulationError extends VramkeeperError {
  readonly code = 'INVALID_SIMULATION';
}

/** Jobs are left that nobody will ever do. */
export class SimulationStuckError extends VramkeeperError {
  readonly code = 'SIMULATION_STUCK';
}

/** A file of recorded jobs cannot be read: the message says where, and what would be right. */
export class InvalidTraceError extends VramkeeperError {
  readonly code = 'INVALID_TRACE';
}
