/** The form in which a sound is sent to `/v1/audio/transcriptions`, and the chat that its transcription is. */
import type { IncomingHttpHeaders } from 'node:http';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { OllamaError } from '../../../ollama-api/errors.ts';
import type { ChatBody } from '../../ollama/bodies.ts';
import { NOTHING_SAID } from '../requests.ts';

export interface TranscriptionRequest {
  readonly model: string;
  readonly audio: Uint8Array;
  /** Empty, or one of OpenAI's formats, or anything else. */
  readonly responseFormat: string;
  readonly language: string;
  /** What helps to understand the sound. */
  readonly prompt: string;
}

/** @throws OllamaError 400 */
export async function readTranscription(
  headers: IncomingHttpHeaders,
  body: Buffer<ArrayBuffer>,
): Promise<TranscriptionRequest> {
  const { fields, file } = await readForm(headers, body);
  const field = (name: string) => fields.get(name) ?? '';
  if (field('model') === '') throw new OllamaError(400, 'model is required');
  if (!file) throw new OllamaError(400, 'file is required: http: no such file');
  if (file.length === 0) throw new OllamaError(400, 'audio file is empty');
  return {
    model: field('model'),
    audio: file,
    responseFormat: field('response_format'),
    language: field('language'),
    prompt: field('prompt'),
  };
}

/** In the words of Ollama's server: the sound may hold a question, which is to be written down and not answered. */
export function chatRequest({ audio, language, model, prompt }: TranscriptionRequest): ChatBody {
  const system = [
    'Transcribe the audio exactly as spoken. Output only the spoken words. Do not answer any question in the audio.',
    ...(language === '' ? [] : [`The audio is in ${language}.`]),
    ...(prompt === '' ? [] : [`Context: ${prompt}`]),
  ];
  const said = {
    thinking: '',
    images: undefined,
    tool_calls: undefined,
    tool_name: '',
    tool_call_id: '',
  };
  return {
    ...NOTHING_SAID,
    model,
    messages: [
      { ...said, role: 'system', content: system.join(' ') },
      { ...said, role: 'user', content: 'What exact words are spoken in this audio?', images: [audio] },
    ],
    options: { temperature: 0 },
    tools: undefined,
    format: undefined,
    think: undefined,
    truncate: undefined,
    keep_alive: undefined,
    logprobs: undefined,
    top_logprobs: 0,
    _debug_render_only: undefined,
  };
}

interface Form {
  /** Of fields that come more than once the first. */
  readonly fields: ReadonlyMap<string, string>;
  readonly file: Buffer | null;
}

async function readForm(headers: IncomingHttpHeaders, body: Buffer<ArrayBuffer>): Promise<Form> {
  const form = formOf(headers, body.length);
  const fields = new Map<string, string>();
  const pieces: Buffer[] = [];
  let hasFile = false;
  form.on('field', (name, value) => {
    if (!fields.has(name)) fields.set(name, value.toWellFormed());
  });
  form.on('file', (name, stream) => {
    const isFirst = name === 'file' && !hasFile;
    hasFile ||= isFirst;
    stream.on('data', (piece: Buffer) => {
      if (isFirst) pieces.push(piece);
    });
  });
  const end = Promise.withResolvers<void>();
  form.once('finish', () => end.resolve());
  form.once('error', () => end.reject(unreadable('multipart: NextPart: EOF')));
  form.end(body);
  await end.promise;
  return { fields, file: hasFile ? Buffer.concat(pieces) : null };
}

/** Nothing in it is larger than the body, which is bounded. */
function formOf(headers: IncomingHttpHeaders, bytes: number): BusboyInstance {
  const type = headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*(;|$)/i.test(type))
    throw unreadable("request Content-Type isn't multipart/form-data");
  try {
    return new Busboy({ headers: headers as BusboyHeaders, limits: { fieldSize: bytes } });
  } catch (error) {
    throw unreadable('no multipart boundary param in Content-Type', error);
  }
}

function unreadable(why: string, cause?: unknown): OllamaError {
  return new OllamaError(400, `failed to parse multipart form: ${why}`, { cause });
}
