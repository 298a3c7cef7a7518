/**
 * Markdown as elements. What a model says is anybody's text: it is read into tokens and drawn by React, so no HTML comes out of a string. HTML in
 * it stays text, images are named and not loaded, and a link leads to the web or nowhere.
 */
import { lexer, type Token, type Tokens } from 'marked';
import { Fragment, memo, type ReactNode } from 'react';
import { CodeBlock } from './code-block.tsx';

/** Blocks that are as they were are not drawn again while the text grows. */
export function Markdown({ text }: { readonly text: string }) {
  const seen = new Map<string, number>();
  return (
    <div className="markdown">
      {lexer(text).map((token) => {
        const again = (seen.get(token.raw) ?? 0) + 1;
        seen.set(token.raw, again);
        return <Block key={`${again} ${token.raw}`} raw={token.raw} token={token} />;
      })}
    </div>
  );
}

const Block = memo(
  ({ token }: { readonly raw: string; readonly token: Token }) => <>{drawn(token)}</>,
  (before, after) => before.raw === after.raw,
);

/** @param tokens in their order, which is all that tells them apart */
function all(tokens: readonly Token[] = []): ReactNode {
  return tokens.map((token, place) => {
    const key = `${place}`;
    return <Fragment key={key}>{drawn(token)}</Fragment>;
  });
}

function drawn(token: Token): ReactNode {
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'hr':
      return <hr />;
    case 'br':
      return <br />;
    case 'heading':
      return <Heading token={token as Tokens.Heading} />;
    case 'paragraph':
      return <p>{all(token.tokens)}</p>;
    case 'blockquote':
      return <blockquote>{all(token.tokens)}</blockquote>;
    case 'list':
      return <List token={token as Tokens.List} />;
    case 'code':
      return <CodeBlock code={token.text} language={token.lang ?? ''} />;
    case 'table':
      return <Table token={token as Tokens.Table} />;
    case 'strong':
      return <strong>{all(token.tokens)}</strong>;
    case 'em':
      return <em>{all(token.tokens)}</em>;
    case 'del':
      return <del>{all(token.tokens)}</del>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'link':
      return <WebLink href={token.href}>{all(token.tokens)}</WebLink>;
    case 'image':
      return <span className="quiet">[image: {token.text || token.href}]</span>;
    case 'text':
      return 'tokens' in token && token.tokens ? all(token.tokens) : token.text;
    default:
      // HTML, escapes and whatever else: as it was written.
      return token.type === 'escape' ? token.text : token.raw;
  }
}

/** The page has its own first and second rank. */
function Heading({ token }: { readonly token: Tokens.Heading }) {
  const inside = all(token.tokens);
  return token.depth <= 2 ? <h3>{inside}</h3> : <h4>{inside}</h4>;
}

function List({ token }: { readonly token: Tokens.List }) {
  const items = token.items.map((item, place) => {
    const key = `${place}`;
    return (
      <li key={key}>
        {item.task && <span aria-hidden="true">{item.checked ? '☑ ' : '☐ '}</span>}
        {all(item.tokens)}
      </li>
    );
  });
  return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ token }: { readonly token: Tokens.Table }) {
  const row = (cells: readonly Tokens.TableCell[], Cell: 'td' | 'th') =>
    cells.map((cell, place) => {
      const key = `${place}`;
      return <Cell key={key}>{all(cell.tokens)}</Cell>;
    });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keys.
    <section className="scrolled" tabIndex={0} aria-label="Table">
      <table>
        <thead>
          <tr>{row(token.header, 'th')}</tr>
        </thead>
        <tbody>
          {token.rows.map((cells, place) => {
            const key = `${place}`;
            return <tr key={key}>{row(cells, 'td')}</tr>;
          })}
        </tbody>
      </table>
    </section>
  );
}

function WebLink({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  if (!/^(https?|mailto):/i.test(href)) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
