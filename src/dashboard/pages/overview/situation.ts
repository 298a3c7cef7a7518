/** The figures of the whole server and its health, as they change. */
import { SituationDocument } from '../../generated/graphql.ts';
import { useLive } from '../../live/use-live.ts';

export const useSituation = () => useLive(SituationDocument, {});
