/** What models say, as elements: whatever it is, it is text that is read, and never a page that runs. */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const PAGE = join(import.meta.dirname, '../../src/dashboard');
// Types of the browser are the page's own affair.
const { Markdown } = await import(join(PAGE, 'markdown/markdown.tsx'));
const { createElement } = await import('react');
const { renderToStaticMarkup } = (await import('react-dom/server' as string)) as {
  renderToStaticMarkup(element: unknown): string;
};

const html = (text: string) => renderToStaticMarkup(createElement(Markdown, { text }));

/** All that there may be. What is drawn is escaped, so each `<` is an element's. */
const ELEMENTS = new Set(
  'div section p h3 h4 ul ol li blockquote hr br strong em del code pre figure figcaption span button a table thead tbody tr th td'.split(
    ' ',
  ),
);
const ATTRIBUTES = new Set([
  'class',
  'type',
  'tabindex',
  'aria-label',
  'aria-hidden',
  'href',
  'target',
  'rel',
  'start',
]);

function unsafe(markup: string): readonly string[] {
  return [...markup.matchAll(/<\/?([a-z0-9]+)([^>]*)>/gi)].flatMap(([whole, name = '', rest = '']) => {
    const attributes = [...rest.matchAll(/([a-z-]+)="([^"]*)"/gi)];
    const isFine =
      ELEMENTS.has(name) &&
      attributes.every(
        ([, key = '', value = '']) =>
          ATTRIBUTES.has(key.toLowerCase()) && (key !== 'href' || /^(https?|mailto):/i.test(value)),
      );
    return isFine ? [] : [whole];
  });
}

describe('Markdown', () => {
  test.each([
    ['a **b** `c`', '<p>a <strong>b</strong> <code>c</code></p>'],
    ['# T', '<h3>T</h3>'],
    ['1. a\n2. b', '<ol start="1"><li>a</li><li>b</li></ol>'],
    ['> q', '<blockquote><p>q</p></blockquote>'],
    [
      '[a](https://x.test)',
      '<p><a href="https://x.test" target="_blank" rel="noopener noreferrer nofollow">a</a></p>',
    ],
    ['```js\nx < 1\n```', '<pre tabindex="0"><code>x &lt; 1</code></pre>'],
    ['a &amp; <b>', '<p>a &amp;amp; &lt;b&gt;</p>'],
  ])('%j is drawn', (text, part) => {
    expect(html(text)).toContain(part);
  });

  test.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '![a](https://elsewhere.test/a.png)',
    '[a](javascript:alert(1))',
    '[a](JaVaScRiPt:alert(1))',
    '[a](data:text/html,<script>1</script>)',
    '<a href="javascript:1">a</a>',
    '[a](vbscript:1 "onclick=1")',
    '<iframe srcdoc="x"></iframe>',
    '```"><script>1</script>\nx\n```',
    '| a |\n|-|\n| <svg onload=1> |',
  ])('%j is text, or a link to the web', (text) => {
    expect(unsafe(html(text))).toEqual([]);
  });

  test('of any kind is no element but its own', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom(
        ...[
          '<script>',
          '</script>',
          '<img onerror=1 ',
          '![',
          '](',
          'javascript:',
          '[x]',
          '`',
          '```',
          '\n',
          '\n\n',
          '- ',
          '> ',
        ],
        ...[
          '# ',
          '|',
          '|-|\n',
          '**',
          '_',
          '"',
          "'",
          '<!--',
          '&lt;',
          '\\',
          '[a]: javascript:1\n',
          'https://x.test ',
        ],
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        expect(unsafe(html(pieces.join('')))).toEqual([]);
      }),
    );
  });
});
