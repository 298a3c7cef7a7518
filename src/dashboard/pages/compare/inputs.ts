/** What each row of a comparison asks, read from its jobs: those of the first model, in the order of the rows. */
import {
  BatchInputsDocument,
  type BatchInputsQuery,
  type BatchInputsQueryVariables,
} from '../../generated/graphql.ts';
import { type Shown, useAllPages } from '../../live/use-live.ts';
import { type Kept, textOf } from './plan.ts';

export interface Input {
  readonly text: string;
  readonly image: { readonly id: string | null; readonly name: string } | null;
}

const PAGE = 100;

export function useInputs(id: string, kept: Kept): Shown<readonly Input[]> {
  const first = Math.min(PAGE, Math.max(1, kept.rows));
  const next = (batch: BatchInputsQuery['batch']): BatchInputsQueryVariables | null => {
    const { endCursor, hasNextPage } = batch?.jobs.pageInfo ?? {};
    return hasNextPage && kept.rows > PAGE ? { id, first, after: endCursor ?? null } : null;
  };
  const { value, ...shown } = useAllPages(BatchInputsDocument, { id, first }, ({ batch }) => next(batch));
  const jobs = value?.flatMap(({ batch }) => batch?.jobs.nodes ?? []).slice(0, kept.rows);
  return { ...shown, value: jobs?.map(({ request }, row) => inputOf(request, kept, row)) };
}

type Request = NonNullable<BatchInputsQuery['batch']>['jobs']['nodes'][number]['request'];

function inputOf(request: Request, { images, question }: Kept, row: number): Input {
  const name = images[row];
  if (request?.__typename !== 'GenerateRequest') return { text: '', image: null };
  const [image] = request.images;
  return {
    text: textOf(question, request.prompt),
    image: name === undefined ? null : { id: image?.id ?? null, name },
  };
}
