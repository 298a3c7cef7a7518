import type { OutputRecord } from '../../src/domain/backend.ts';
import type { OutputChannel } from '../../src/domain/job.ts';

/** A record of an answer that says something on one channel. */
export function said(channel: OutputChannel, text: string): OutputRecord {
  return channel === 'THINKING'
    ? { thinking: text, text: '', raw: { response: '', thinking: text, done: false } }
    : { thinking: '', text, raw: { response: text, done: false } };
}
