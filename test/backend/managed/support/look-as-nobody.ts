/** Looks at a model folder as somebody without rights, and tells what it saw. Run as `node look-as-nobody.ts FOLDER`. */
import { lookAtFolder } from '../../../../src/backend/managed/look.ts';

const NOBODY = 65_534;
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
console.log(JSON.stringify(await lookAtFolder(process.argv[2] ?? '')));
