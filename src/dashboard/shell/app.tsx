/** The frame around every page: menu, connection, keys. */
import { Suspense, useEffect, useRef } from 'react';
import { Route, Router, Switch, useLocation } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { useSession } from '../live/session.tsx';
import { useLink } from '../live/use-live.ts';
import { Boundary } from '../parts/card.tsx';
import { Empty, Skeleton } from '../parts/loaded.tsx';
import { RanksRoot } from '../parts/ranks.tsx';
import { HearServerTime } from './hear-server-time.tsx';
import { Help } from './help.tsx';
import { KeyForm } from './key-form.tsx';
import { LostNotice, useIsStale } from './lost-notice.tsx';
import { Menu } from './menu.tsx';
import { BatchPage, ChatPage, ComparisonPage, DETAILS, JobPage, PAGES } from './pages.ts';
import { useShortcuts } from './shortcuts.ts';
import { usePages } from './use-pages.ts';
import { ViewerRoot } from './viewer.tsx';

export function App() {
  const link = useLink();
  const { wantsKey } = useSession();
  if (link.status === 'refused') return <KeyForm why={link.known ? 'unknown' : 'needed'} />;
  if (wantsKey) return <KeyForm why="wanted" />;
  return (
    <Router hook={useHashLocation}>
      <ViewerRoot>
        <RanksRoot>
          <Frame />
        </RanksRoot>
      </ViewerRoot>
    </Router>
  );
}

function Frame() {
  const stale = useIsStale();
  const help = useRef<HTMLDialogElement>(null);
  useShortcuts(usePages(), () => help.current?.showModal());
  return (
    <>
      <button type="button" className="skip" onClick={skip}>
        Skip to the content
      </button>
      <Menu onHelp={() => help.current?.showModal()} />
      <LostNotice />
      <HearServerTime />
      <main id="main" tabIndex={-1} className={stale ? 'stale' : ''}>
        <Pages />
      </main>
      <Help dialog={help} />
    </>
  );
}

/** No link: the hash says which page this is. */
function skip(): void {
  document.getElementById('main')?.focus();
}

function Pages() {
  const [path] = useLocation();
  const title =
    PAGES.find((page) => page.path === path)?.title ??
    DETAILS.find(([start]) => path.startsWith(start))?.[1] ??
    'Job';
  useEffect(() => {
    document.title = path === '/' ? 'vramkeeper' : `${title} · vramkeeper`;
    window.scrollTo(0, 0);
  }, [path, title]);
  return (
    // A page that broke is whole again elsewhere.
    <Boundary key={path}>
      <Suspense fallback={<Skeleton lines={6} />}>
        <Switch>
          {PAGES.map(({ path: at, component }) => (
            <Route key={at} path={at} component={component} />
          ))}
          <Route path="/jobs/:id">{({ id }) => <JobPage key={id} id={id} />}</Route>
          <Route path="/batches/:id">{({ id }) => <BatchPage key={id} id={id} />}</Route>
          <Route path="/compare/:id">{({ id }) => <ComparisonPage key={id} id={id} />}</Route>
          <Route path="/chat/:id">{({ id }) => <ChatPage id={id} />}</Route>
          <Route>
            <Empty>There is no such page.</Empty>
          </Route>
        </Switch>
      </Suspense>
    </Boundary>
  );
}
