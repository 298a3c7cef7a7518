/** Takes an upload in, chunk by chunk: no more of it is in memory than what is on its way to the disk. */
import { Busboy, type BusboyFileStream, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { Clock, Random } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import type { FileQuota, FileStore, StoredFile } from '../../domain/stored-file.ts';
import { MiB } from '../../domain/units.ts';
import type { GatewayExchange } from '../shared/gateway-route.ts';
import { badRequest, ProblemError, refused } from '../shared/problem.ts';
import { FileWriter } from './file-writer.ts';

export interface UploadDependencies {
  readonly files: FileStore;
  readonly quota: FileQuota;
  readonly clock: Clock;
  readonly random: Random;
}

const MOST_BYTES = 200 * MiB;
const LIMITS = { files: 1, fields: 32, fieldSize: 4_096, fileSize: MOST_BYTES } as const;

/**
 * @param check what the fields say of the file, which may come after it: for how long it is kept at most. What it throws refuses the upload.
 * @throws ProblemError
 */
export async function receiveUpload(
  exchange: GatewayExchange,
  { clock, files, quota, random }: UploadDependencies,
  check: (fields: ReadonlyMap<string, string>) => { readonly lifeMs: number | null },
): Promise<StoredFile> {
  const id = newId('file', clock, random);
  try {
    const write = async (stream: AsyncIterable<Buffer>, name: string) => {
      await files.begin({ id, client: exchange.principal.client, purpose: 'BATCH', name });
      const writer = new FileWriter(files, id, quota);
      for await (const bytes of stream) await writer.write(bytes);
      await writer.end();
    };
    const { fields, hasFile } = await readForm(exchange, write);
    const { lifeMs } = check(fields);
    if (!hasFile) throw badRequest('The form has no file: send it as the part `file`, with a filename.');
    const file = await files.finish({ id, lifeMs });
    if (!file)
      throw new ProblemError(refused(409, 'FILE_GONE', 'The file was deleted while it was uploaded.'));
    return file;
  } catch (error) {
    await files.delete(id);
    throw error;
  }
}

interface Form {
  readonly fields: ReadonlyMap<string, string>;
  readonly hasFile: boolean;
}

async function readForm(
  { request, signal, stream: body }: GatewayExchange,
  write: (stream: AsyncIterable<Buffer>, name: string) => Promise<void>,
): Promise<Form> {
  const form = formOf(request.headers as BusboyHeaders);
  const fields = new Map<string, string>();
  const end = Promise.withResolvers<void>();
  let part: BusboyFileStream | null = null;
  let written: Promise<void> | null = null;
  form.on('field', (name, value) => fields.set(name, value));
  form.on('file', (name, stream, filename) => {
    if (name !== 'file' || written) {
      stream.resume();
      return;
    }
    part = stream;
    written = write(stream, filename || 'file').then(() => {
      if (stream.truncated)
        throw new ProblemError(
          refused(
            413,
            'FILE_TOO_LARGE',
            `The file has more than ${MOST_BYTES / MiB} MiB. Split it into several.`,
          ),
        );
    });
    written.catch(end.reject);
  });
  form.once('finish', () => end.resolve());
  form.once('error', (error) => end.reject(badRequest(`The form cannot be read: ${messageOf(error)}.`)));
  const onGone = () => end.reject(signal.reason);
  signal.addEventListener('abort', onGone, { once: true });
  const source = body();
  source.once('end', () => {
    // A form that ends before its last boundary says nothing of it.
    if (!source.complete) end.reject(badRequest('The form ended early.'));
  });
  try {
    source.pipe(form);
    await end.promise;
    await written;
    return { fields, hasFile: written !== null };
  } finally {
    signal.removeEventListener('abort', onGone);
    source.unpipe(form);
    (part as BusboyFileStream | null)?.destroy();
    await (written as Promise<void> | null)?.catch(() => {});
  }
}

function formOf(headers: BusboyHeaders): BusboyInstance {
  const wanted = 'Send the file as multipart/form-data, with the parts `purpose` and `file`.';
  if (!/^multipart\/form-data/i.test(headers['content-type'] ?? '')) throw badRequest(wanted);
  try {
    return new Busboy({ headers, limits: LIMITS });
  } catch (error) {
    throw badRequest(`The form cannot be read: ${messageOf(error)}. ${wanted}`);
  }
}
