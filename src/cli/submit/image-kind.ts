/** What kind of image some bytes are, by how they begin. */

interface Signature {
  readonly kind: string;
  /** Where it stands, in bytes. */
  readonly at: number;
  readonly bytes: readonly number[];
}

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

const SIGNATURES: readonly Signature[] = [
  { kind: 'PNG', at: 0, bytes: [0x89, ...ascii('PNG\r\n'), 0x1a, 0x0a] },
  { kind: 'JPEG', at: 0, bytes: [0xff, 0xd8, 0xff] },
  { kind: 'GIF', at: 0, bytes: ascii('GIF8') },
  { kind: 'WebP', at: 8, bytes: ascii('WEBP') },
  { kind: 'BMP', at: 0, bytes: ascii('BM') },
  { kind: 'TIFF', at: 0, bytes: [...ascii('II*'), 0] },
  { kind: 'TIFF', at: 0, bytes: [...ascii('MM'), 0, ...ascii('*')] },
  { kind: 'AVIF', at: 4, bytes: ascii('ftypavif') },
  { kind: 'HEIC', at: 4, bytes: ascii('ftyphei') },
  { kind: 'HEIC', at: 4, bytes: ascii('ftypmif') },
];

/** What to do about what is none. */
export const KINDS = 'Give a PNG, a JPEG or a WebP.';

/** Shorter than any image: a text may begin like one by chance. */
const SHORTEST = 16;

/** Null for what is no image that anybody knows. */
export function imageKind(content: Uint8Array): string | null {
  if (content.length < SHORTEST) return null;
  const found = SIGNATURES.find(({ at, bytes }) => bytes.every((byte, i) => content[at + i] === byte));
  // Text can begin with two letters; a picture has bytes that no text has.
  return found?.kind === 'BMP' && !content.subarray(0, SHORTEST).includes(0) ? null : (found?.kind ?? null);
}

/** For a message about what is none. */
export function contentKind(content: Uint8Array): string {
  if (content.length === 0) return 'it is empty';
  const start = content.subarray(0, 1024);
  const text = Buffer.from(start).toString('utf8');
  if (!start.includes(0) && !text.slice(0, -1).includes('\ufffd')) return 'it holds text';
  return start.length < SHORTEST ? 'it is too short for one' : 'its content is of no kind that is known';
}
