/** What one types, once one has stopped: the server is not asked for each letter. */
import { useEffect, useState } from 'react';
import { after } from './clock.ts';

const SETTLED_MS = 250;

export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => after(SETTLED_MS, () => setSettled(value)), [value]);
  return settled;
}
