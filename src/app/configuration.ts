/** The settings of clients, as they are now: read again from where the others came from, and put into force as a whole or not at all. */
import { isDeepStrictEqual } from 'node:util';
import { ClientAllowances } from '../clients/allowances.ts';
import { Callers } from '../clients/callers.ts';
import { LimitsInForce } from '../clients/limits-in-force.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { digestIn } from '../domain/api-key.ts';
import { type Audit, NO_AUDIT } from '../domain/audit.ts';
import { NO_CLIENT_LIMITS } from '../domain/client-limits.ts';
import { InvalidSettingError, messageOf } from '../domain/errors.ts';
import type { Reload, Reloaded } from '../domain/reload.ts';
import type { Store } from '../domain/store.ts';
import { AuditLog } from '../telemetry/audit-log.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface ConfigurationParts {
  /** Reads the settings again; null where they came from no file. @throws InvalidSettingError */
  readonly read: (() => Promise<Config>) | null;
  readonly store: () => Pick<Store, 'limitClients' | 'onCommit' | 'recall' | 'remember'>;
  /** Told when other limits are in force. */
  readonly changed: () => void;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error' | 'info' | 'warn'>;
}

/** What a reload puts into force. */
const RELOADED: ReadonlySet<string> = new Set(['keys', 'anonymous', 'clients']);
/** Not settings of their own. */
const DERIVED: ReadonlySet<string> = new Set(['configFile', 'ollama', 'backends', 'strayOllamaUrl']);

export class Configuration implements Reload {
  readonly callers: Callers;
  readonly limits: LimitsInForce;
  readonly allowances: ClientAllowances;
  readonly audit: Audit;
  /** Whose keys are in force. */
  #keys: Config['keys'];
  readonly #config: Config;
  readonly #parts: ConfigurationParts;
  #unfollow: () => void = () => {};
  /** One after the other: the last one read is the one in force. */
  #reloading: Promise<unknown> = Promise.resolve();

  constructor(config: Config, parts: ConfigurationParts) {
    this.callers = new Callers(config, parts.clock);
    this.limits = new LimitsInForce(config.clients);
    this.allowances = new ClientAllowances({
      limits: this.limits,
      store: parts.store,
      clock: parts.clock,
      logger: parts.logger,
    });
    this.audit =
      config.audit === undefined
        ? NO_AUDIT
        : new AuditLog({ file: config.audit, clock: parts.clock, logger: parts.logger });
    this.#keys = config.keys;
    this.#config = config;
    this.#parts = parts;
  }

  /** What clients had used up when the server stopped is there, and counted on. */
  async start(): Promise<void> {
    await this.allowances.start();
    this.#unfollow = this.#parts.store().onCommit((changes) => this.allowances.jobsChanged(changes));
  }

  async stop(): Promise<void> {
    this.callers.stop();
    this.#unfollow();
    await this.allowances.stop();
  }

  reload(): Promise<Reloaded> {
    const reloaded = this.#reloading.then(() => this.#reload());
    this.#reloading = reloaded.catch(() => {});
    return reloaded;
  }

  #auditKeys(keys: Config['keys']): void {
    const added = namesBeside(keys, this.#keys);
    const removed = namesBeside(this.#keys, keys);
    this.#keys = keys;
    if (added.length + removed.length === 0) return;
    const details = { added, removed };
    this.audit.record({ client: null, action: 'keys', outcome: 'done', code: null, details });
  }

  async #reload(): Promise<Reloaded> {
    const { changed, logger, read, store } = this.#parts;
    if (!read) throw new InvalidSettingError('This server has no settings file to read again.');
    let next: Config;
    try {
      next = await read();
    } catch (error) {
      logger.warn('The settings were not reloaded: nothing has changed.', { error: messageOf(error) });
      throw error;
    }
    const table = next.clients ?? NO_CLIENT_LIMITS;
    await store().limitClients(table);
    this.limits.replace(table);
    this.callers.replace(next);
    changed();
    this.#auditKeys(next.keys);
    const needRestart = otherSettings(this.#config, next);
    const reloaded = { keys: next.keys.length, clients: table.named.size, needRestart };
    logger.info('The settings of clients were reloaded.', {
      keys: reloaded.keys,
      clients: reloaded.clients,
      ...(needRestart.length > 0 && { needRestart: needRestart.join(', ') }),
    });
    return reloaded;
  }
}

/** Each by its digest, and whatever else a caller's key means. */
function namesBeside(keys: Config['keys'], others: Config['keys']): readonly string[] {
  const identity = ({ key, ...rest }: Config['keys'][number]) =>
    JSON.stringify([digestIn(key).toString('hex'), rest]);
  const known = new Set(others.map(identity));
  return keys.filter((key) => !known.has(identity(key))).map(({ name }) => name);
}

function otherSettings(before: Config, after: Config): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names]
    .filter((name) => !RELOADED.has(name) && !DERIVED.has(name))
    .filter((name) => !isDeepStrictEqual(before[name as keyof Config], after[name as keyof Config]))
    .sort();
}
