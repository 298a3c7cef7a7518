import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TimedVirtualEvent } from '../events.ts';

const EVENTS_FILE = 'events.jsonl';

/**
 * What happened on the virtual machine, one line each. `serverPid` is the server's, `pid` the engine's. An engine that outlives its server
 * ends unseen: nobody is left to write it down.
 */
export type FolderEvent = { readonly atMs: number; readonly serverPid: number } & (
  | { readonly kind: 'serve'; readonly port: number; readonly devices: readonly string[] }
  | { readonly kind: 'end' }
  | {
      readonly kind: 'start';
      readonly pid: number;
      readonly model: string;
      readonly numCtx: number;
      readonly numBatch: number;
      readonly numGpu: number;
      readonly parallel: number;
      /** UUIDs of the cards it was given. */
      readonly gpus: readonly string[];
    }
  | {
      readonly kind: 'loaded';
      readonly pid: number;
      readonly model: string;
      readonly vramBytes: number;
      readonly totalBytes: number;
    }
  | { readonly kind: 'unloaded'; readonly pid: number; readonly model: string; readonly cause: string }
  | { readonly kind: 'oom'; readonly pid: number; readonly model: string }
  | { readonly kind: 'load-failed'; readonly pid: number; readonly model: string; readonly error: string }
  | {
      readonly kind: 'exit';
      readonly pid: number;
      readonly code: number | null;
      readonly signal: string | null;
    }
);

/** What is left when each member of a union loses some of its fields. */
type Without<Union, Keys extends PropertyKey> = Union extends unknown ? Omit<Union, Keys> : never;
export type FolderEventBody = Without<FolderEvent, 'atMs' | 'serverPid'>;

/** Lines of this length are appended as a whole, whoever else appends. */
export function appendFolderEvent(folder: string, atMs: number, event: FolderEventBody): void {
  const line = JSON.stringify({ atMs, serverPid: process.pid, ...event });
  appendFileSync(join(folder, EVENTS_FILE), `${line}\n`);
}

/** All lines so far. */
export function readFolderEvents(folder: string): readonly FolderEvent[] {
  let text: string;
  try {
    text = readFileSync(join(folder, EVENTS_FILE), 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** The line that an event of a core is; undefined for those that are no business of the machine's. */
export function folderEventOf(event: TimedVirtualEvent): FolderEventBody | undefined {
  switch (event.kind) {
    case 'loaded': {
      const { kind, pid, model, vramBytes, totalBytes } = event;
      return { kind, pid, model, vramBytes, totalBytes };
    }
    case 'unloaded':
      return { kind: 'unloaded', pid: event.pid, model: event.model, cause: event.cause };
    case 'out-of-memory':
      return { kind: 'oom', pid: event.pid, model: event.model };
    case 'load-failed':
      return { kind: 'load-failed', pid: event.pid, model: event.model, error: event.error };
    case 'load-started':
    case 'recovery-timeout':
    case 'engine-died':
    case 'refused':
      return undefined;
    default:
      return event satisfies never;
  }
}
