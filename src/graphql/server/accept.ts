/** What a caller takes as an answer, by its Accept header, found out before anything is run. */
import { GraphQLError } from 'graphql';

const EVENTS = 'text/event-stream';
const ANSWERS = ['application/graphql-response+json', 'application/json', EVENTS];

export function takesAnswers(accept: string | null): boolean {
  return ANSWERS.some((type) => takes(accept, type));
}

export function takesEvents(accept: string | null): boolean {
  return takes(accept, EVENTS);
}

function takes(accept: string | null, type: string): boolean {
  if (accept === null || accept.trim() === '') return true;
  const wildcards = ['*/*', `${type.split('/', 1)[0]}/*`, type];
  return accept
    .toLowerCase()
    .split(',')
    .map((range) => range.split(';').map((part) => part.trim()))
    .some(([range = '', ...parameters]) => wildcards.includes(range) && !parameters.some(isRefusal));
}

function isRefusal(parameter: string): boolean {
  return /^q\s*=\s*0(\.0*)?$/.test(parameter);
}

export function notAcceptable(): GraphQLError {
  return refusal(
    'Nothing that this server answers is in the Accept header. Accept application/graphql-response+json or application/json, and text/event-stream, or WebSocket, for subscriptions.',
  );
}

export function noEventsAccepted(): GraphQLError {
  return refusal(
    'A subscription is answered as server-sent events, which the Accept header leaves out: send accept: text/event-stream, or subscribe over WebSocket (graphql-transport-ws). multipart/mixed is not supported for subscriptions.',
  );
}

function refusal(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'NOT_ACCEPTABLE', http: { status: 406 } } });
}
