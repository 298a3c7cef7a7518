/** The audit log: JSON, one line for each change, in a file that only its owner reads. A full one is set aside under a number. */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Audit, AuditEntry } from '../domain/audit.ts';
import { messageOf } from '../domain/errors.ts';
import type { Logger } from './logger.ts';

export const AUDIT_FILE_BYTES = 16 * 1024 ** 2;
/** Set aside: `audit.jsonl.1` is the youngest of them. */
const OLD_FILES = 5;
const OWNER_ONLY = 0o600;

export interface AuditLogOptions {
  /** Absolute. */
  readonly file: string;
  /** Default 16 MiB. */
  readonly mostBytes?: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Pick<Logger, 'error'>;
}

export class AuditLog implements Audit {
  readonly #options: AuditLogOptions;
  /** Null before the file was looked at. */
  #bytes: number | null = null;

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  /**
   * Written before the answer goes out, so that nothing is done that is not in it. Whoever changes things for everybody does so some times an
   * hour: the write of a line may hold up the others for that long.
   */
  record({ client, action, outcome, code, details }: AuditEntry): void {
    const { clock, file, logger, mostBytes = AUDIT_FILE_BYTES } = this.#options;
    const time = new Date(clock.now()).toISOString();
    const line = `${JSON.stringify({ time, client, action, outcome, ...(code !== null && { code }), ...details })}\n`;
    try {
      this.#bytes ??= this.#size();
      const bytes = Buffer.byteLength(line);
      if (this.#bytes > 0 && this.#bytes + bytes > mostBytes) this.#setAside();
      appendFileSync(file, line, { mode: OWNER_ONLY });
      this.#bytes += bytes;
    } catch (error) {
      this.#bytes = null;
      logger.error(`The audit log cannot be written: ${action} by ${client ?? 'a signal'} is not in it.`, {
        file,
        error: messageOf(error),
      });
    }
  }

  #size(): number {
    const { file } = this.#options;
    mkdirSync(dirname(file), { recursive: true });
    return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  }

  #setAside(): void {
    const { file } = this.#options;
    for (let number = OLD_FILES - 1; number >= 1; number -= 1) {
      if (statSync(`${file}.${number}`, { throwIfNoEntry: false }))
        renameSync(`${file}.${number}`, `${file}.${number + 1}`);
    }
    renameSync(file, `${file}.1`);
    this.#bytes = 0;
  }
}
