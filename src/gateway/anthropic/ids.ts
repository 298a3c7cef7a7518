/** Ids in the form of Anthropic's. */
import type { Random } from '../../clock.ts';

export function newMessageId(random: Random): string {
  return newId('msg', random);
}

export function newRequestId(random: Random): string {
  return newId('req', random);
}

function newId(prefix: string, random: Random): string {
  return `${prefix}_${Buffer.from(random.bytes(12)).toString('hex')}`;
}
