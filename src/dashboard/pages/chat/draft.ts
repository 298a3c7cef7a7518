/** What is typed and not sent yet: it stays over a reload of the tab, and when sending is refused. */
import { useState } from 'react';

const NAME = 'vramkeeper-draft';

export function useDraft(chat: string): readonly [string, (text: string) => void] {
  const name = `${NAME}-${chat}`;
  const [text, setText] = useState(() => attempt(() => sessionStorage.getItem(name)) ?? '');
  const write = (next: string) => {
    setText(next);
    attempt(() => (next === '' ? sessionStorage.removeItem(name) : sessionStorage.setItem(name, next)));
  };
  return [text, write];
}

/** Browsers can be told to keep nothing. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
