/** Says what a user without rights is told about a model folder. Run as `node stranger.ts read|lock FOLDER`. */
import { lockFolder } from '../../../../src/backend/managed/library-lock.ts';
import { requireModelFolder } from '../../../../src/backend/managed/manifest.ts';

const [, , what, folder = ''] = process.argv;
const NOBODY = 65_534;
if (process.getuid?.() === 0) {
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
const attempt: Promise<unknown> = what === 'read' ? requireModelFolder(folder) : lockFolder(folder);
const said = await attempt.then(
  () => 'Nothing is wrong.',
  ({ code, remedy, message }) => ({ code, remedy, message }),
);
console.log(JSON.stringify(said));
