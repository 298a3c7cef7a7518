/** Who listens on a port: `/proc/PID/net/tcp` names the sockets, `/proc/PID/fd` who holds them. proc_pid_net(5). */
import { readdir, readFile, readlink } from 'node:fs/promises';

const LISTEN = '0A';

/** Inodes of the sockets that listen on `port`, in the text of a `net/tcp` or `net/tcp6`. */
export function listeningInodes(table: string, port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix) && columns[3] === LISTEN)
    .flatMap((columns) => columns[9] ?? []);
}

/** Whether that very process holds a TCP socket that listens on `port`. False for a process that is gone or that may not be looked into. */
export async function listensOn(pid: number, port: number): Promise<boolean> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'latin1').catch(() => '')),
  );
  const wanted = new Set(
    tables.flatMap((table) => listeningInodes(table, port)).map((inode) => `socket:[${inode}]`),
  );
  if (wanted.size === 0) return false;
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
    if (wanted.has(target)) return true;
  }
  return false;
}
