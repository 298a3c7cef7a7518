/** OLLAMA_HOST, read as Ollama itself reads it (`envconfig.Host` and `ConnectableHost` of its source). */
import { isIPv6 } from 'node:net';
import { InvalidSettingError } from '../domain/errors.ts';

export const DEFAULT_OLLAMA_URL = 'http://127.0.0.1:11434';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** Go's `net.SplitHostPort` for what people write: null when there is no port. */
function splitHostPort(text: string): { readonly host: string; readonly port: string } | null {
  const bracketed = /^\[([^\]]*)\]:([^:]*)$/.exec(text);
  if (bracketed) return { host: bracketed[1] ?? '', port: bracketed[2] ?? '' };
  const plain = /^([^:[\]]*):([^:]*)$/.exec(text);
  return plain ? { host: plain[1] ?? '', port: plain[2] ?? '' } : null;
}

/** An address to listen on is not one to connect to: any-address means this machine. */
function connectable(host: string): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1';
  return isIPv6(host) && /^[0:]+$/.test(host) ? '::1' : host;
}

/**
 * The URL at which a client reaches the server that `text` names: a host, `host:port`, `:port`, an IPv6 address with or
 * without brackets, or a URL (whose default port is its scheme's, not Ollama's). Without a slash at its end.
 * @throws InvalidSettingError for what cannot be a server over HTTP.
 */
export function ollamaUrl(text: string): string {
  const trimmed = text.trim().replace(/^["']+|["']+$/g, '');
  const separator = trimmed.indexOf('://');
  let scheme = separator < 0 ? 'http' : trimmed.slice(0, separator).toLowerCase();
  let rest = separator < 0 ? trimmed : trimmed.slice(separator + 3);
  if (trimmed === 'ollama.com') {
    scheme = 'https';
    rest = 'ollama.com:443';
  }
  const defaultPort = separator < 0 ? '11434' : DEFAULT_PORTS[scheme];
  if (!defaultPort) throw notAnAddress(text);
  const slash = rest.indexOf('/');
  const hostPort = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? '' : rest.slice(slash).replace(/[/"'\s]+$/, '');
  // Not quoted: it holds a password.
  if (hostPort.includes('@'))
    throw new InvalidSettingError(
      'an address with a user or a password is not taken. Write the address alone, and give the backend headers: { authorization: "Basic …" } or an apiKey.',
    );
  const split = splitHostPort(hostPort);
  const host = connectable(split ? split.host : hostPort.replace(/^\[|\]$/g, ''));
  const port = split && /^\d+$/.test(split.port) && Number(split.port) <= 65535 ? split.port : defaultPort;
  const url = `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}${path}`;
  // What a URL parser would read otherwise (a path, a user, a port) is no host either.
  const isHost = isIPv6(host) || /^[\p{L}\p{M}\p{N}._-]+$/u.test(host);
  if (!isHost || !URL.canParse(url)) throw notAnAddress(text);
  return url;
}

function notAnAddress(text: string): InvalidSettingError {
  return new InvalidSettingError(
    `"${text}" is not the address of a model server. Write a host, host:port or http://host:port, such as ${DEFAULT_OLLAMA_URL}.`,
  );
}
