/** A request that is answered with no more than why not. */
import { VramkeeperError } from '../domain/errors.ts';

export type RefusalCode =
  | 'BAD_REQUEST'
  | 'BODY_TOO_LARGE'
  | 'BUSY'
  | 'CLIENT_LIMIT_REACHED'
  | 'FORBIDDEN'
  | 'FORBIDDEN_ORIGIN'
  | 'INTERNAL_ERROR'
  | 'KEY_EXPIRED'
  | 'KEY_MISTYPED'
  | 'KEY_REVOKED'
  | 'LOOP'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_FOUND'
  | 'QUOTA_EXCEEDED'
  | 'REQUEST_TIMEOUT'
  | 'STOPPING'
  | 'STORE_UNWRITABLE'
  | 'UNAUTHORIZED'
  | 'UNKNOWN_HOST'
  | 'URL_TOO_LONG';

const STATUS: Readonly<Record<RefusalCode, number>> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  KEY_EXPIRED: 401,
  KEY_MISTYPED: 401,
  KEY_REVOKED: 401,
  FORBIDDEN: 403,
  FORBIDDEN_ORIGIN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  BODY_TOO_LARGE: 413,
  URL_TOO_LONG: 414,
  UNKNOWN_HOST: 421,
  CLIENT_LIMIT_REACHED: 429,
  INTERNAL_ERROR: 500,
  BUSY: 503,
  LOOP: 508,
  STOPPING: 503,
  QUOTA_EXCEEDED: 507,
  STORE_UNWRITABLE: 507,
};

export class HttpRefusal extends VramkeeperError {
  readonly code: RefusalCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RefusalCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.status = STATUS[code];
    this.headers = headers;
  }
}
