/** Images as base64 text. */

const DATA_URL = /^data:[^,]{0,200};base64,/i;

/** Base64 without the prefix of a `data:` URL, if there was one, and without line breaks, which many encoders put in. */
export function payloadOf(text: string): string {
  return text.replace(DATA_URL, '').replace(/\s+/g, '');
}

/** A form that Ollama decodes, with the beginning of its bytes in hex digits. */
interface Format {
  readonly name: string;
  readonly mediaType: string;
  readonly beginning: RegExp;
}

const FORMATS: readonly Format[] = [
  { name: 'PNG', mediaType: 'image/png', beginning: /^89504e470d0a1a0a/ },
  { name: 'JPEG', mediaType: 'image/jpeg', beginning: /^ffd8ff/ },
  { name: 'WebP', mediaType: 'image/webp', beginning: /^52494646.{8}57454250/ },
  { name: 'GIF', mediaType: 'image/gif', beginning: /^474946383[79]61/ },
  { name: 'BMP', mediaType: 'image/bmp', beginning: /^424d.{48}/ },
];

const IMAGE_FORMATS = FORMATS.map(({ name }) => name).join(', ');

/** Such as `image/png`, by how the bytes begin; null for what is no image in a form that models are given. */
export function mediaTypeOf(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.subarray(0, 36)).toString('hex');
  return FORMATS.find(({ beginning }) => beginning.test(start))?.mediaType ?? null;
}

/** Said of what is none, after the name of the field. */
export const NO_IMAGE = `is no image in a form that models are given: ${IMAGE_FORMATS}.`;

/** Base64 characters that hold the beginning by which a form is recognised. */
const BEGINNING = 48;

/** What is wrong with an image as it was sent, and what would be right; null for nothing. */
export function imageProblem(text: string): string | null {
  const start = text.slice(0, 200);
  if (/^https?:/i.test(start)) return 'is an address: send the image itself, as base64.';
  if (/^data:/i.test(start) && !DATA_URL.test(start)) return 'is a data: URL that is not base64.';
  const payload = payloadOf(text);
  if (payload === '') return 'is empty.';
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(payload) || payload.replace(/=+$/, '').length % 4 === 1)
    return 'is not base64.';
  const bytes = Buffer.from(payload.slice(0, BEGINNING), 'base64');
  return mediaTypeOf(bytes) === null ? NO_IMAGE : null;
}
