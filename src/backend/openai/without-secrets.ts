/** What a server says, without what it was sent in secret. */

/** A shorter value is a word like any other. */
const LEAST_SECRET = 8;
/** What stands before a key in its header. */
const SCHEME = /^\w+ +/;

/** @param headers values that were sent */
export function withoutSecrets(text: string, headers: readonly string[]): string {
  const secrets = headers
    .flatMap((value) => [value, value.replace(SCHEME, '')])
    .filter((value) => value.length >= LEAST_SECRET && value !== 'application/json')
    .sort((a, b) => b.length - a.length);
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}
