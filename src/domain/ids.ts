/** Global ids: a kind prefix and an opaque rest. Callers must not look behind the prefix. */
import { createHash } from 'node:crypto';
import type { Clock, Random } from '../clock.ts';

declare const kind: unique symbol;
export type Id<Prefix extends string> = `${Prefix}_${string}` & { readonly [kind]: Prefix };

export type JobId = Id<'job'>;
export type BatchId = Id<'bat'>;
export type ModelId = Id<'mdl'>;
export type InstanceId = Id<'ins'>;
export type GpuId = Id<'gpu'>;
export type BackendId = Id<'bkd'>;
export type CellId = Id<'cel'>;
export type FileId = Id<'file'>;
export type ChatId = Id<'chat'>;
export type ChatMessageId = Id<'msg'>;
export type IdPrefix =
  | 'job'
  | 'bat'
  | 'mdl'
  | 'ins'
  | 'gpu'
  | 'bkd'
  | 'srv'
  | 'rsv'
  | 'pul'
  | 'cel'
  | 'file'
  | 'img'
  | 'chat'
  | 'msg';
export type ServerId = Id<'srv'>;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A fresh id whose text sorts by creation time (the layout of ULID: 48 bits of milliseconds, 80 of chance, Crockford base 32),
 * so that an index over ids grows at its end.
 */
export function newId<P extends IdPrefix>(prefix: P, clock: Clock, random: Random): Id<P> {
  let time = clock.now();
  let head = '';
  for (let i = 0; i < 10; i += 1) {
    head = ALPHABET[time % 32] + head;
    time = Math.floor(time / 32);
  }
  return `${prefix}_${head}${base32(random.bytes(10))}` as Id<P>;
}

/** The same id for the same name, on every start: for what is configured or discovered rather than created. */
export function stableId<P extends IdPrefix>(prefix: P, ...name: readonly string[]): Id<P> {
  const digest = createHash('sha256').update(name.join('\0')).digest();
  return `${prefix}_${base32(digest.subarray(0, 10))}` as Id<P>;
}

/** Whether `text` has the form of an id of this kind. Says nothing about whether it exists. */
export function isId<P extends IdPrefix>(prefix: P, text: string): text is Id<P> {
  return text.startsWith(`${prefix}_`) && text.length > prefix.length + 1 && text.length <= 64;
}

function base32(bytes: Uint8Array): string {
  let bits = 0;
  let held = 0;
  let text = '';
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >>> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text;
}
