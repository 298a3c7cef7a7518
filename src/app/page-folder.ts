import { join } from 'node:path';

/** Where the web page is built to. It lies two folders up, from the sources as from what is built of them. */
export const PAGE_FOLDER = join(import.meta.dirname, '../../dist/dashboard');
