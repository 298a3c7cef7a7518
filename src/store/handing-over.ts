/**
 * Large texts of requests on their way to the thread that writes them. A message to a thread is copied while everybody else waits, and a text of
 * 20 MiB takes long; so it is brought into bytes piece by piece, others having their turn, and the bytes change hands without a copy.
 */
import { nextTurn } from '../clock.ts';

/** Characters. What is shorter is copied in less time than a turn takes. */
const LARGE = 262_144;
const AT_ONCE = 262_144;

/** Something whose large texts are `Uint8Array`s of UTF-16, which keeps what is no character too. */
export interface Handed<T> {
  readonly value: T;
  /** Of all of them. */
  readonly buffers: readonly ArrayBuffer[];
}

export function hasLargeText(value: unknown): boolean {
  if (typeof value === 'string') return value.length >= LARGE;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasLargeText);
}

export async function handedOver<T>(value: T): Promise<Handed<T>> {
  const buffers: ArrayBuffer[] = [];
  // A text that many jobs share changes hands once.
  const known = new Map<string, Uint8Array>();
  const walk = async (inner: unknown): Promise<unknown> => {
    if (typeof inner === 'string') {
      const before = known.get(inner);
      if (before) return before;
      const bytes = await utf16(inner);
      known.set(inner, bytes);
      buffers.push(bytes.buffer);
      return bytes;
    }
    const entries = Object.entries(inner as object);
    for (const entry of entries) if (hasLargeText(entry[1])) entry[1] = await walk(entry[1]);
    return Array.isArray(inner) ? entries.map(([, each]) => each) : Object.fromEntries(entries);
  };
  return { value: hasLargeText(value) ? ((await walk(value)) as T) : value, buffers };
}

/** The opposite, in the other thread. */
export function takenOver<T>(value: T): T {
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf16le') as T;
  if (!hasBytes(value)) return value;
  if (Array.isArray(value)) return value.map(takenOver) as T;
  return Object.fromEntries(
    Object.entries(value as object).map(([key, inner]) => [key, takenOver(inner)]),
  ) as T;
}

function hasBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof Uint8Array || Object.values(value).some(hasBytes);
}

async function utf16(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = Buffer.allocUnsafeSlow(2 * text.length);
  for (let from = 0; from < text.length; from += AT_ONCE) {
    bytes.write(text.slice(from, from + AT_ONCE), 2 * from, 'utf16le');
    await nextTurn();
  }
  return bytes;
}
