/** Images as base64 text. */

const DATA_URL = /^data:[^,]{0,200};base64,/i;

/** Base64 without the prefix of a `data:` URL, if there was one, and without line breaks, which many encoders put in. */
export function payloadOf(text: string): string {
  return text.replace(DATA_URL, '').replace(/\s+/g, '');
}

/** The forms that Ollama decodes, by how their bytes begin. */
const FORMATS: readonly (readonly [name: string, isIt: (bytes: Buffer) => boolean])[] = [
  ['PNG', (bytes) => bytes.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n'],
  ['JPEG', (bytes) => bytes.subarray(0, 3).toString('latin1') === '\xff\xd8\xff'],
  [
    'WebP',
    (bytes) =>
      bytes.subarray(0, 4).toString('latin1') === 'RIFF' &&
      bytes.subarray(8, 12).toString('latin1') === 'WEBP',
  ],
  ['GIF', (bytes) => /^GIF8[79]a/.test(bytes.subarray(0, 6).toString('latin1'))],
  ['BMP', (bytes) => bytes.subarray(0, 2).toString('latin1') === 'BM' && bytes.length >= 26],
];

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
  if (FORMATS.some(([, isIt]) => isIt(bytes))) return null;
  return `is no image in a form that models are given: ${FORMATS.map(([name]) => name).join(', ')}.`;
}
