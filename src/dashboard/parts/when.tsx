/** Moments, told from now on or by the clock. Each is a `<time>` that says the whole date to whoever points at it. */
import { dateText, durationText, timeText } from '../text/format.ts';
import { useServerNow } from '../text/server-time.ts';

/** `3 min ago` */
export function Ago({ at }: { readonly at: string }) {
  const ms = useServerNow() - Date.parse(at);
  return (
    <time dateTime={at} title={dateText(at)}>
      {ms < 1_500 ? 'now' : `${durationText(ms)} ago`}
    </time>
  );
}

/** `12 s`: how long it has lasted. */
export function Since({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={dateText(at)}>
      {durationText(useServerNow() - Date.parse(at))}
    </time>
  );
}

/** `in 12 s` */
export function Until({ at, due = 'any moment' }: { readonly at: string; readonly due?: string }) {
  const ms = Date.parse(at) - useServerNow();
  return (
    <time dateTime={at} title={dateText(at)}>
      {ms < 500 ? due : `in ${durationText(ms)}`}
    </time>
  );
}

export function At({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={dateText(at)}>
      {timeText(at)}
    </time>
  );
}
