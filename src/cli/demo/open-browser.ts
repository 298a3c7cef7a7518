/** Opens a page in the browser of whoever sits at this machine. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Terminal } from '../terminal/terminal.ts';

/** The system's own way to open what a link says. */
function openerOf(platform: NodeJS.Platform): readonly [command: string, ...args: string[]] {
  switch (platform) {
    case 'darwin':
      return ['open'];
    case 'win32':
      return ['explorer.exe'];
    default:
      return ['xdg-open'];
  }
}

/** Where it fails, the address is all that is missing. */
export async function openBrowser(url: string, terminal: Terminal): Promise<void> {
  const [command, ...args] = openerOf(process.platform);
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  try {
    await once(child, 'spawn');
    child.unref();
  } catch {
    terminal.note(`${command} cannot be started to open a browser. Open ${url} yourself.`);
  }
}
