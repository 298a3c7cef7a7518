/** Keeps new jobs from starting, or lets them. For administrators. */
import { PauseDocument, ResumeDocument } from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';
import { Action } from '../../parts/action.tsx';
import { useViewer } from '../../shell/viewer.tsx';
import { useSituation } from '../overview/situation.ts';

export function PauseSwitch() {
  const { admin } = useViewer();
  const paused = useSituation().value?.statsChanged.stats.paused;
  const pause = useChange(PauseDocument);
  const resume = useChange(ResumeDocument);
  if (!admin || paused === undefined) return null;
  return paused ? (
    <Action change={resume} run={() => resume.run({})} about="starting jobs" kind="main">
      Resume
    </Action>
  ) : (
    <Action
      change={pause}
      run={() => pause.run({})}
      about="starting jobs"
      ask="Start no more jobs? Those that run are finished; the others wait until this is resumed."
    >
      Pause
    </Action>
  );
}
