/** What a provider answers, for people who set one up: its list alone, which costs nothing. */
import type { Clock } from '../../clock.ts';
import type { ServerCheck } from '../ollama/answer.ts';
import { checked, within } from '../openai/check.ts';
import { APIS, type ProviderBackendOptions } from './provider-backend.ts';
import { ProviderLibrary } from './provider-library.ts';

/** It may be on the other side of the world. */
const ANSWER_WITHIN_MS = 10_000;

type Asked = Pick<ProviderBackendOptions, 'url' | 'headers' | 'api' | 'models'>;

/** Never throws. */
export function checkProvider(
  { url, headers, api: spoken, models: named }: Asked,
  clock: Clock,
): Promise<ServerCheck> {
  const api = APIS[spoken](clock);
  const options = {
    url,
    headers: { ...api.headers, ...headers },
    clock,
    deadlines: within(ANSWER_WITHIN_MS),
    manner: api.manner,
    isRoot: true,
  };
  return checked(options, async (connection, signal) => {
    const offered = await new ProviderLibrary({ connection, api, named, clock }).look(signal);
    return { version: api.version, models: [...offered.keys()] };
  });
}
