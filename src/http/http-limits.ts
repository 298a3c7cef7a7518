/** How much one caller may take of the listener. */
import { KiB, MiB } from '../domain/units.ts';

export interface HttpLimits {
  /** Of one body, for routes without a limit of their own. */
  readonly bodyBytes: number;
  /** Of the bodies and messages of all callers together, while they are read and worked on. Others wait. */
  readonly bytesInWork: number;
  /** Of these, for small ones alone. */
  readonly bytesForSmall: number;
  /** The most that counts as small: queries are far smaller, and uploads far larger. */
  readonly smallBytes: number;
  /** The most bodies that wait for room, and the longest that one does; others are refused. */
  readonly waitingBodies: number;
  readonly waitingMs: number;
  /** Of what all subscriptions together were asked with, as long as they go on. */
  readonly bytesOfStreams: number;
  /** The request line and all headers. */
  readonly headerBytes: number;
  readonly urlCharacters: number;
  /** Open at a time of callers that are known, half of them of one client; others get 503 while none of these is idle. */
  readonly connections: number;
  /** Open at a time of callers that are not known, or not yet; more make the longest idle go. At least what arrives in one burst. */
  readonly unknownConnections: number;
  /** To send the headers, or anything at all. */
  readonly headersTimeoutMs: number;
  /** To send a body that the server reads. Answers may take as long as they take. */
  readonly requestTimeoutMs: number;
  /** How long a body may take to get going; then it must come at the pace at which it would be whole in time. */
  readonly bodyGraceMs: number;
  /** How long nothing may move where something should: a body that is sent, an answer that is read. */
  readonly stalledTimeoutMs: number;
  /** The slowest that an answer may be read, after that time; not one that goes on, which has its events merged. */
  readonly readBytesPerSecond: number;
  /** To ask something more. */
  readonly keepAliveTimeoutMs: number;
  /** How often these are looked at. */
  readonly checkIntervalMs: number;
  /** How long the rest of a refused body is read and dropped, so that the caller sees the answer and not a reset. */
  readonly lingerMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  bodyBytes: 20 * MiB,
  bytesInWork: 64 * MiB,
  bytesForSmall: 16 * MiB,
  smallBytes: 64 * KiB,
  waitingBodies: 256,
  waitingMs: 10_000,
  bytesOfStreams: 32 * MiB,
  headerBytes: 16_384,
  urlCharacters: 8_192,
  connections: 8_192,
  unknownConnections: 1_024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 120_000,
  bodyGraceMs: 10_000,
  stalledTimeoutMs: 30_000,
  readBytesPerSecond: 65_536,
  keepAliveTimeoutMs: 15_000,
  checkIntervalMs: 5_000,
  lingerMs: 2_000,
};
