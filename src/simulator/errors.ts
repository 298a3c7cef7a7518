import { VramkeeperError } from '../domain/errors.ts';

/** What is to be simulated makes no sense: the message says what would. */
export class InvalidSimulationError extends VramkeeperError {
  readonly code = 'INVALID_SIMULATION';
}

/** Jobs are left that nobody will ever do. */
export class SimulationStuckError extends VramkeeperError {
  readonly code = 'SIMULATION_STUCK';
}
