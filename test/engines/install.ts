/** Installs the real engine, or says why it cannot be had. */
import { messageOf } from '../../src/domain/errors.ts';
import { installEngine } from './engine.ts';

try {
  await installEngine();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
