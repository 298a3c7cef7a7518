/** How a request to the server can fail, for whoever sits at the terminal. */
import { VramkeeperError } from '../domain/errors.ts';

/** Nobody answers at the server's address, or nobody who can be talked to. */
export class ServerUnreachableError extends VramkeeperError {
  readonly code = 'SERVER_UNREACHABLE';

  constructor(url: string, cause: unknown) {
    super(unreachable(url, codeOf(cause)), { cause });
  }
}

/** The server is there, and does not let this caller in: trying again changes nothing. */
export class KeyRefusedError extends VramkeeperError {
  readonly code = 'KEY_REFUSED';

  constructor(url: string, hasKey: boolean) {
    super(
      hasKey
        ? `The server at ${url} refuses the key. Correct --key or VRAMKEEPER_KEY.`
        : `The server at ${url} wants a key. Give it with --key or VRAMKEEPER_KEY.`,
    );
  }
}

/** The server answered, and not with what was asked for. */
export class RequestFailedError extends VramkeeperError {
  readonly code = 'REQUEST_FAILED';
}

interface Reason {
  readonly codes: RegExp;
  readonly text: (url: string) => string;
}

const NAME_ANOTHER = 'name another with --server or VRAMKEEPER_URL';

/** By the code of what the connection failed with. The first that fits counts. */
const REASONS: readonly Reason[] = [
  {
    codes: /^(ENOTFOUND|EAI_AGAIN)$/,
    text: (url) =>
      `Nobody knows the host ${new URL(url).hostname}. Correct --server or VRAMKEEPER_URL, or look at the network.`,
  },
  {
    codes: /^(ERR_SSL_|EPROTO)/,
    text: (url) => `What listens at ${url} does not speak TLS. Write http:// in place of https://.`,
  },
  {
    codes: /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)_/,
    text: (url) =>
      `The certificate of ${url} is not trusted. Give Node its issuer with NODE_EXTRA_CA_CERTS, or use the name that it was made for.`,
  },
  {
    codes: /^(HPE_|UND_ERR_SOCKET|ECONNRESET)/,
    text: (url) =>
      `What listens at ${url} broke the connection off, or does not speak HTTP. Check the address${url.startsWith('http:') ? ' (does it want https://?)' : ''}, or ${NAME_ANOTHER}.`,
  },
  {
    codes: /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|UND_ERR_.*TIMEOUT)$/,
    text: (url) => `${url} cannot be reached. Check the address and the network, or ${NAME_ANOTHER}.`,
  },
];

function unreachable(url: string, code: string): string {
  const reason = REASONS.find(({ codes }) => codes.test(code));
  return (
    reason?.text(url) ??
    `There is no vramkeeper server at ${url}. Start one with "vramkeeper serve", or ${NAME_ANOTHER}.`
  );
}

/** Of the innermost error that has one. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  // Some versions of Node give it no code.
  if (error.name === 'HTTPParserError') return 'HPE_';
  const inner = codeOf(error.cause) || (error instanceof AggregateError ? codeOf(error.errors[0]) : '');
  return inner || ('code' in error && typeof error.code === 'string' ? error.code : '');
}
