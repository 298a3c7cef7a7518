/** Who looks, and what that person may do. What is not known yet may do nothing. */
import { createContext, type ReactNode, useContext } from 'react';
import { WhoDocument, type WhoQuery } from '../generated/graphql.ts';
import { useAnswer } from '../live/use-live.ts';
import { QuestionRoot } from '../parts/question.tsx';

type Viewer = WhoQuery['viewer'];

const NOBODY: Viewer = {
  admin: false,
  choosesName: false,
  client: '',
  maxPriority: 'LOW',
  limits: { batchJobs: 0, bodyBytes: 0, images: 0, retention: 0 },
};

const ViewerContext = createContext(NOBODY);

export const useViewer = (): Viewer => useContext(ViewerContext);

/**
 * Also where the viewer is asked. Imported by the frame itself, the questions would be a file of their own, which is one more to ask for
 * before the first data.
 */
export function ViewerRoot({ children }: { readonly children: ReactNode }) {
  const { value } = useAnswer(WhoDocument, {});
  return (
    <ViewerContext value={value?.viewer ?? NOBODY}>
      <QuestionRoot>{children}</QuestionRoot>
    </ViewerContext>
  );
}
