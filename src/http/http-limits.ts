/** How much one caller may take of the listener. */
import { MiB } from '../domain/units.ts';

export interface HttpLimits {
  readonly bodyBytes: number;
  /** The request line and all headers. */
  readonly headerBytes: number;
  readonly urlCharacters: number;
  /** Open at a time; more are dropped. */
  readonly connections: number;
  /** To send the headers. */
  readonly headersTimeoutMs: number;
  /** To send the whole request. Answers may take as long as they take. */
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** How often the two above are looked at. */
  readonly checkIntervalMs: number;
  /** How long the rest of a refused body is read and dropped, so that the caller sees the answer and not a reset. */
  readonly lingerMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  bodyBytes: 20 * MiB,
  headerBytes: 16_384,
  urlCharacters: 8_192,
  connections: 1_024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 120_000,
  keepAliveTimeoutMs: 15_000,
  checkIntervalMs: 5_000,
  lingerMs: 2_000,
};
