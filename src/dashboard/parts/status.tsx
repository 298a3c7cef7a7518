/** A state as a mark and a word: the colour only repeats it. */
import { words } from '../text/format.ts';

type Tone = 'good' | 'busy' | 'wait' | 'bad' | 'off';

const MARKS: Readonly<Record<Tone, string>> = { good: '●', busy: '◐', wait: '○', bad: '▲', off: '–' };

const TONES: Readonly<Record<string, Tone>> = {
  CANCELLED: 'off',
  COMPLETE: 'good',
  FAILED: 'bad',
  PENDING: 'wait',
  QUEUED: 'wait',
  RUNNING: 'busy',
  READY: 'good',
  LOADING: 'busy',
  DRAINING: 'wait',
  UNLOADING: 'wait',
  HEALTHY: 'good',
  DEGRADED: 'wait',
  STALLED: 'bad',
  UNREACHABLE: 'bad',
  STARTING: 'busy',
  STOPPING: 'wait',
  EXITED: 'off',
  SUCCEEDED: 'good',
};

export function Status({ of, word = words(of) }: { readonly of: string; readonly word?: string }) {
  const tone = TONES[of] ?? 'off';
  return (
    <span className={`status tone-${tone}`}>
      <span aria-hidden="true">{MARKS[tone]}</span> {word}
    </span>
  );
}
