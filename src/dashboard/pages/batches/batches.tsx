/** The batches that there are. */
import { BatchList } from './batch-list.tsx';

export function Batches() {
  return (
    <div className="page">
      <h1 className="unseen">Batches</h1>
      <BatchList title="Batches" />
    </div>
  );
}
