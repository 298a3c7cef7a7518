/** What is kept of each process in the data folder, so that it can be found and proven to be ours after a crash of ours. */
import { mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import { OutputFile } from './output-file.ts';

const recordShape = z.object({
  version: z.literal(1),
  uuid: z.uuid(),
  name: z.string(),
  /** Epoch milliseconds. */
  startedAt: z.number(),
  command: z.string(),
  args: z.array(z.string()),
  cwd: z.string(),
  environmentDigest: z.string(),
  logBytes: z.number(),
  graceMs: z.number(),
  note: z.json(),
  /** Null until it was ready. */
  port: z.number().nullable(),
  /** Null when we died between its start and this entry: then only its mark tells of it. */
  process: z
    .object({
      bootId: z.string(),
      pid: z.number(),
      startTicks: z.number(),
      /** The file that it ran; null when it could not be told. */
      program: z.string().nullable(),
    })
    .nullable(),
});

export type ProcessRecord = Readonly<Omit<z.infer<typeof recordShape>, 'note'>> & { readonly note: Json };

const RECORD = /^([0-9a-f-]{36})\.json$/;
const UNFINISHED = /^([0-9a-f-]{36})\.json\.new$/;
const LOG = /^([0-9a-f-]{36})\.log$/;
/** Logs of ended processes are kept for whoever asks what happened: as many as this. */
const KEPT_LOGS = 16;

/** The folder `cells` in the data folder. One supervisor at a time: whoever holds the data folder sees to that. */
export class ProcessRecords {
  readonly #folder: string;
  readonly #dataDir: string;
  #home: Promise<string> | undefined;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#folder = join(dataDir, 'cells');
  }

  /** Makes the folder; resolves with the real path of the data folder, our mark in environments. */
  open(): Promise<string> {
    this.#home ??= mkdir(this.#folder, { recursive: true, mode: 0o700 }).then(
      () => realpath(this.#dataDir),
      (error: unknown) => {
        this.#home = undefined;
        throw error;
      },
    );
    return this.#home;
  }

  logPath(uuid: string): string {
    return join(this.#folder, `${uuid}.log`);
  }

  /** All or nothing. It need not survive a loss of power, which no process survives either. */
  async write(record: ProcessRecord): Promise<void> {
    const path = this.#path(record.uuid);
    await writeFile(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async remove(uuid: string): Promise<void> {
    const files = [this.#path(uuid), `${this.#path(uuid)}.new`];
    await Promise.all(files.map((file) => rm(file, { force: true })));
  }

  /** Every record that can be read; null for one that cannot. */
  async readAll(): Promise<ReadonlyMap<string, ProcessRecord | null>> {
    const records = new Map<string, ProcessRecord | null>();
    for (const name of await readdir(this.#folder)) {
      const uuid = RECORD.exec(name)?.[1];
      if (uuid)
        records.set(uuid, parseRecord(uuid, await readFile(this.#path(uuid), 'utf8').catch(() => '')));
    }
    return records;
  }

  /** Removes the oldest logs of processes that ended, and records that were never completed. */
  async tidy(isSupervised: (uuid: string) => boolean): Promise<void> {
    const names = await readdir(this.#folder);
    const uuidsOf = (form: RegExp) => names.flatMap((name) => form.exec(name)?.[1] ?? []);
    // A folder that is read while a file in it is renamed may show neither name: what is under supervision is asked for as well.
    const inUse = new Set(uuidsOf(RECORD));
    const isUnused = (uuid: string) => !inUse.has(uuid) && !isSupervised(uuid);
    await Promise.all(
      uuidsOf(UNFINISHED)
        .filter(isUnused)
        .map((uuid) => this.remove(uuid)),
    );
    const ended = uuidsOf(LOG).filter(isUnused);
    const aged = await Promise.all(
      ended.map(async (uuid) => ({
        uuid,
        writtenAt: await stat(this.logPath(uuid)).then(
          (file) => file.mtimeMs,
          () => 0,
        ),
      })),
    );
    aged.sort((a, b) => b.writtenAt - a.writtenAt);
    for (const { uuid } of aged.slice(KEPT_LOGS)) OutputFile.remove(this.logPath(uuid));
  }

  #path(uuid: string): string {
    return join(this.#folder, `${uuid}.json`);
  }
}

function parseRecord(uuid: string, text: string): ProcessRecord | null {
  try {
    const record = recordShape.parse(JSON.parse(text));
    return record.uuid === uuid ? record : null;
  } catch {
    return null;
  }
}
