/** Who looks, and what that person may do. What is not known yet may do nothing. */
import { createContext, type ReactNode, useContext } from 'react';
import { WhoDocument, type WhoQuery } from '../generated/graphql.ts';
import { useAnswer } from '../live/use-live.ts';

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

export function ViewerRoot({ children }: { readonly children: ReactNode }) {
  const { value } = useAnswer(WhoDocument, {});
  return <ViewerContext value={value?.viewer ?? NOBODY}>{children}</ViewerContext>;
}
