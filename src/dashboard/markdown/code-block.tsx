/** Code, to be read and copied. */
import { useState } from 'react';

export function CodeBlock({ code, language }: { readonly code: string; readonly language: string }) {
  return (
    <figure className="code-block">
      <figcaption>
        <span className="quiet">{language || 'text'}</span>
        <Copy text={code} about="this code" />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keys. */}
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
    </figure>
  );
}

/** Where the browser does not let a page copy, as over plain HTTP, it says so. */
export function Copy({ text, about }: { readonly text: string; readonly about: string }) {
  const [word, setWord] = useState('Copy');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setWord('Copied');
    } catch {
      setWord('Select it to copy');
    }
  };
  return (
    <button type="button" className="button bare" onClick={copy}>
      {word}
      <span className="unseen"> {about}</span>
    </button>
  );
}
