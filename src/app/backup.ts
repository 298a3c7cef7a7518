/** What the command line may do with a data directory, beside serving it. */
export { backUp, restore } from '../store/sqlite/backup.ts';
