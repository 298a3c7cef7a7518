/** What a request must be before it is run: one that can be read, and whose answer its caller can read. */
import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { noEventsAccepted, notAcceptable, takesAnswers, takesEvents } from './accept.ts';
import { publicError, withoutQuotes } from './mask-error.ts';
import { isPersistedQuery, persistedQueryNotSupported } from './persisted-query.ts';
import { readParams, readQuery } from './read-params.ts';
import type { OperationScope } from './scope.ts';

export function readableRequests(): Plugin<OperationScope, OperationScope> {
  return {
    onRequestParse({ request, serverContext, setRequestParser, endResponse, fetchAPI }) {
      const refuse = (status: number, error: GraphQLError) =>
        endResponse(
          new fetchAPI.Response(JSON.stringify({ errors: [publicError(error)] }), {
            status,
            headers: { 'content-type': 'application/json; charset=utf-8' },
          }),
        );
      if (!takesAnswers(request.headers.get('accept'))) refuse(406, notAcceptable());
      else if (request.method === 'GET') setRequestParser(() => readQuery(request.url));
      else if (!isJson(request.headers.get('content-type'))) refuse(415, notJson());
      else {
        const { body } = serverContext;
        if (body) setRequestParser(async () => readParams(await body.json()));
      }
    },
    onParams({ params }) {
      if (isPersistedQuery(params)) throw persistedQueryNotSupported();
    },
    onValidate:
      () =>
      ({ valid, result, setResult }) => {
        if (!valid) setResult((result as readonly GraphQLError[]).map(withoutQuotes));
      },
    onSubscribe({ args, setResultAndStopExecution }) {
      // Over WebSocket there is no request.
      const { request } = args.contextValue;
      if (request && !takesEvents(request.headers.get('accept')))
        setResultAndStopExecution({ errors: [noEventsAccepted()] });
    },
  };
}

/** A form of another site can post text without asking first, but not JSON. */
function isJson(contentType: string | null): boolean {
  const [mediaType] = (contentType ?? '').split(';');
  return mediaType?.trim().toLowerCase() === 'application/json';
}

function notJson(): GraphQLError {
  return new GraphQLError('Send the query as JSON, with the header content-type: application/json.', {
    extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' },
  });
}
