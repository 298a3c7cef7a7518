/**
 * API keys as this server makes them: `vk_`, 256 random bits as 43 digits to the base 62, and six more that tell a mistyped key from an
 * unknown one (CRC-32 of the 43). A key is known by its SHA-256 alone; as it is random, nothing slower is needed.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const KEY_PREFIX = 'vk_';
/** How a digest stands where a key may. */
export const DIGEST_PREFIX = 'sha256:';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_BYTES = 32;
const RANDOM_DIGITS = 43;
const CHECK_DIGITS = 6;

/** @param random 32 bytes of a source that nobody can guess */
export function keyOf(random: Uint8Array): string {
  if (random.length !== RANDOM_BYTES) throw new RangeError(`A key takes ${RANDOM_BYTES} bytes.`);
  const secret = digitsOf(BigInt(`0x${Buffer.from(random).toString('hex')}`), RANDOM_DIGITS);
  return `${KEY_PREFIX}${secret}${checkOf(secret)}`;
}

/** Whether it was meant to be a key of this form, and is none. */
export function isMistyped(text: string): boolean {
  if (!text.startsWith(KEY_PREFIX)) return false;
  const digits = text.slice(KEY_PREFIX.length);
  const secret = digits.slice(0, RANDOM_DIGITS);
  return digits.length !== RANDOM_DIGITS + CHECK_DIGITS || digits.slice(RANDOM_DIGITS) !== checkOf(secret);
}

/** Of a key as it is sent. */
export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** For the settings. */
export function digestText(key: string): string {
  return `${DIGEST_PREFIX}${digestOf(key).toString('hex')}`;
}

/** Of a key as settings have it: itself, or its digest. */
export function digestIn(setting: string): Buffer {
  return setting.startsWith(DIGEST_PREFIX)
    ? Buffer.from(setting.slice(DIGEST_PREFIX.length), 'hex')
    : digestOf(setting);
}

function checkOf(secret: string): string {
  return digitsOf(BigInt(crc32(secret)), CHECK_DIGITS);
}

function digitsOf(value: bigint, count: number): string {
  let text = '';
  for (let rest = value; text.length < count; rest /= 62n) text = `${DIGITS[Number(rest % 62n)]}${text}`;
  return text;
}
