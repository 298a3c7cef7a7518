/** A conversation in OpenAI's words. */
import type { RunRequest } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { BlobHash, ChatMessage } from '../../domain/request.ts';
import { mediaTypeOf } from '../../kinds/images.ts';
import type { Dialect } from './dialect.ts';

type Blobs = RunRequest['blobs'];

interface OpenCall {
  readonly id: string;
  readonly name: Json;
}

/** Calls of tools get ids where they have none, each its own, and a result without one answers the oldest call of its tool. */
export function openAiMessages(
  messages: readonly ChatMessage[],
  blobs: Blobs,
  dialect: Dialect,
): readonly JsonObject[] {
  const isLoose = dialect === 'loose';
  const unanswered: OpenCall[] = [];
  let calls = 0;
  const callId = () => `call_${calls++}`;
  return messages.map((message) => {
    const { content, images, thinking, toolCalls, toolName, toolCallId } = message;
    const role = message.role.toLowerCase();
    const asked = toolCalls && openAiToolCalls(toolCalls, callId);
    if (Array.isArray(asked)) for (const call of asked) unanswered.push(openCall(call));
    return {
      role,
      content: images?.length ? [{ type: 'text', text: content }, ...mediaParts(images, blobs)] : content,
      reasoning_content: (isLoose && thinking) || undefined,
      tool_calls: asked,
      tool_call_id: role === 'tool' ? answered(unanswered, toolCallId, toolName) : undefined,
      name: isLoose ? toolName : undefined,
    };
  });
}

/** The id of the call that a result is for. */
function answered(unanswered: OpenCall[], id: string | undefined, name: string | undefined): string {
  const at = unanswered.findIndex((call) =>
    id === undefined ? name === undefined || call.name === name : call.id === id,
  );
  const [call] = at < 0 ? [] : unanswered.splice(at, 1);
  return id ?? call?.id ?? name ?? '';
}

function openCall(call: Json): OpenCall {
  const { id, function: called } = call as { readonly id: string; readonly function: JsonObject };
  return { id, name: called.name ?? '' };
}

/** Arguments are an object in our words and a text here. */
function openAiToolCalls(calls: Json, newId: () => string): Json {
  if (!Array.isArray(calls)) return calls;
  return calls.map((call: Json): Json => {
    const { id, function: called } = (call ?? {}) as { id?: Json; function?: JsonObject };
    const { name = '', arguments: given = {} } = called ?? {};
    return {
      id: typeof id === 'string' && id !== '' ? id : newId(),
      type: 'function',
      function: { name, arguments: typeof given === 'string' ? given : JSON.stringify(given) },
    };
  });
}

/** Pictures, and sounds for models that hear. @throws BackendError when the bytes are gone */
export function mediaParts(hashes: readonly BlobHash[], blobs: Blobs): readonly JsonObject[] {
  return hashes.map((hash) => {
    const bytes = blobs.get(hash);
    if (!bytes)
      throw new BackendError('REQUEST_REJECTED', 'none', `The image ${hash} is lost. Submit the job again.`);
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    const mediaType = mediaTypeOf(bytes);
    if (mediaType !== null)
      return { type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } };
    return { type: 'input_audio', input_audio: { data, format: isWave(bytes) ? 'wav' : 'mp3' } };
  });
}

/** The two forms that OpenAI's API takes. */
function isWave(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'RIFF';
}
