/** What the doctor looks at on this machine: Node, the data folder, the port. */
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ApiClient } from '../../client/api-client.ts';
import { ServerVersion } from '../../client/documents.ts';
import { systemClock } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import { formatBytes, GiB } from '../../domain/units.ts';
import { isOlderThan } from '../../domain/version.ts';
import type { Finding } from './finding.ts';

const OLDEST_NODE = '24.19';
const LITTLE_SPACE_BYTES = GiB;
const ANSWER_WITHIN_MS = 3_000;

export function checkNode(version: string): Finding {
  return !isOlderThan(version, OLDEST_NODE)
    ? { level: 'ok', subject: 'node', text: version }
    : {
        level: 'fail',
        subject: 'node',
        text: `${version}, and ${OLDEST_NODE} is needed. Start it through bin/vramkeeper.js or npm.`,
      };
}

/** Writable, with room, and not held by a server. Creates nothing. */
export async function checkDataDir(dataDir: string): Promise<Finding> {
  const subject = 'data';
  const existing = await nearestExisting(dataDir);
  try {
    if (!(await stat(existing)).isDirectory())
      return { level: 'fail', subject, text: `${existing} is not a folder. Use another --data-dir.` };
    await access(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    return {
      level: 'fail',
      subject,
      text: `${existing} cannot be written (${messageOf(error)}). Change its rights or use another --data-dir.`,
    };
  }
  if (existing === dataDir && isOwned(dataDir))
    return {
      level: 'warn',
      subject,
      text: `${dataDir} is in use by a server that runs now; a second one needs another --data-dir.`,
    };
  const { bavail, bsize } = await statfs(existing);
  const freeBytes = bavail * bsize;
  if (freeBytes < LITTLE_SPACE_BYTES)
    return {
      level: 'warn',
      subject,
      text: `${dataDir}: only ${formatBytes(freeBytes)} free. Make room or use another --data-dir.`,
    };
  return { level: 'ok', subject, text: `${dataDir} (${formatBytes(freeBytes)} free)` };
}

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const found = await access(at).then(
      () => true,
      () => false,
    );
    if (found || dirname(at) === at) return at;
  }
}

/** A server holds an exclusive lock on its owner.db. */
function isOwned(dataDir: string): boolean {
  try {
    const database = new DatabaseSync(join(dataDir, 'owner.db'), { readOnly: true });
    try {
      database.exec('SELECT count(*) FROM sqlite_schema');
      return false;
    } finally {
      database.close();
    }
  } catch (error) {
    return /locked|busy/i.test(messageOf(error));
  }
}

export async function checkPort(host: string, port: number): Promise<Finding> {
  const subject = 'port';
  const problem = await listenProblem(host, port);
  if (problem === null) return { level: 'ok', subject, text: `${host}:${port} is free` };
  if (problem !== 'EADDRINUSE')
    return {
      level: 'fail',
      subject,
      text: `${host}:${port} cannot be listened on (${problem}). Use another --host or --port.`,
    };
  if (await isVramkeeper(host, port))
    return { level: 'ok', subject, text: `${host}:${port} is held by a vramkeeper that runs now` };
  return {
    level: 'fail',
    subject,
    text: `${host}:${port} is taken by another program. End it, or use another --port.`,
  };
}

/** The code of what keeps a server from listening there; null for nothing. */
export function listenProblem(host: string, port: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const server = createServer();
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  server.listen(port, host, () => server.close(() => resolve(null)));
  return promise;
}

async function isVramkeeper(host: string, port: number): Promise<boolean> {
  const address = host.includes(':') ? `[${host}]` : host.replace(/^0\.0\.0\.0$/, '127.0.0.1');
  const api = new ApiClient({ url: `http://${address}:${port}` });
  const late = new AbortController();
  const timer = systemClock.after(ANSWER_WITHIN_MS, () => late.abort());
  try {
    await api.request(ServerVersion, {}, late.signal);
    return true;
  } catch {
    return false;
  } finally {
    timer.cancel();
    await api.close();
  }
}
