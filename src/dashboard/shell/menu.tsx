/** Where one can go. Where there is no room for a row, a button opens it. */
import { Link, useLocation } from 'wouter';
import { useSession } from '../live/session.tsx';
import { LinkState } from './link-state.tsx';
import { usePages } from './use-pages.ts';
import { useViewer } from './viewer.tsx';

export function Menu({ onHelp }: { readonly onHelp: () => void }) {
  const session = useSession();
  const pages = usePages();
  // Whoever chooses a name is on a server without keys.
  const { admin, choosesName, client } = useViewer();
  const wantsMore = client !== '' && !choosesName && !admin;
  return (
    <header className="menu">
      <Link href="/" className="brand" aria-label="vramkeeper">
        <Logo />
        <span className="brand-name">vramkeeper</span>
      </Link>
      <button type="button" className="button menu-button" popoverTarget="pages">
        Menu
      </button>
      <nav id="pages" popover="auto" aria-label="Pages">
        {pages.map(({ path, title }) => (
          <MenuLink key={path} path={path} title={title} />
        ))}
      </nav>
      <nav className="menu-row" aria-label="Pages">
        {pages.map(({ path, title }) => (
          <MenuLink key={path} path={path} title={title} />
        ))}
      </nav>
      <div className="menu-end">
        <LinkState />
        {session.hasKey && (
          <button type="button" className="button bare key-button" onClick={session.forgetKey}>
            Forget key
          </button>
        )}
        {!session.hasKey && wantsMore && (
          <button type="button" className="button bare key-button" onClick={() => session.wantKey(true)}>
            Use a key
          </button>
        )}
        <button type="button" className="button bare" onClick={onHelp} aria-label="Keys">
          ?
        </button>
      </div>
    </header>
  );
}

function MenuLink({ path, title }: { readonly path: string; readonly title: string }) {
  const [at] = useLocation();
  return (
    <Link
      href={path}
      className="menu-link"
      aria-current={isWithin(at, path) ? 'page' : undefined}
      onClick={hide}
    >
      {title}
    </Link>
  );
}

/** A batch is within the page of batches. */
function isWithin(at: string, path: string): boolean {
  return at === path || (path !== '/' && at.startsWith(`${path}/`));
}

function hide(): void {
  const nav = document.getElementById('pages');
  if (nav?.matches(':popover-open')) nav.hidePopover();
}

function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <rect className="logo-bar" x="6" y="7" width="20" height="5" rx="1.5" />
      <rect className="logo-bar second" x="6" y="14" width="13" height="5" rx="1.5" />
      <rect className="logo-bar third" x="6" y="21" width="8" height="5" rx="1.5" />
    </svg>
  );
}
