import { createRoot } from 'react-dom/client';
import './styles/index.css';
import { SessionRoot } from './live/session.tsx';
import { App } from './shell/app.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root.');
createRoot(root).render(
  <SessionRoot>
    <App />
  </SessionRoot>,
);
