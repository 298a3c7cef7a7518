/** Answers to questions that change. */
import { useState } from 'react';
import type { Shown } from './use-live.ts';

/** Until there is the answer to the next question, the one to the last is shown. */
export function useKept<T>(shown: Shown<T>): Shown<T> {
  const { value } = shown;
  const [kept, setKept] = useState(value);
  if (value !== undefined && value !== kept) setKept(() => value);
  return { ...shown, value: value ?? kept };
}
