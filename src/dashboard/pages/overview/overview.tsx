/** What is in memory, how busy the server is, who waits and what was decided last. Its cost does not depend on the rate of jobs. */

import { LatestDecisions } from './latest-decisions.tsx';
import { MemoryMaps } from './memory-maps.tsx';
import { MemoryOverTime } from './memory-over-time.tsx';
import { Problems } from './problems.tsx';
import { Tiles } from './tiles.tsx';
import { WaitingHead } from './waiting-head.tsx';

export function Overview() {
  return (
    <div className="page overview">
      <h1 className="unseen">Overview</h1>
      <Problems />
      <Tiles />
      <MemoryMaps />
      <MemoryOverTime />
      <div className="columns">
        <WaitingHead />
        <LatestDecisions />
      </div>
    </div>
  );
}
