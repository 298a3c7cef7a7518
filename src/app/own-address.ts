/** A backend at an address where this server listens itself would get its own jobs back, again and again. */
import { isHere } from '../backend/ollama/answer.ts';
import { type Config, ownProcesses } from '../config/config.ts';
import { InvalidSettingError } from '../domain/errors.ts';
import { isLoopback } from '../domain/loopback.ts';

type Listening = Pick<Config, 'backends' | 'host' | 'port' | 'ollamaPort'>;

/** @throws InvalidSettingError for an attached backend that would be this server */
export function refuseOwnAddress({ backends, host, port, ollamaPort }: Listening): void {
  for (const backend of backends) {
    const { name, url } = backend;
    if (ownProcesses(backend) || !isHere(url)) continue;
    const { hostname, port: written, protocol } = new URL(url);
    if (!isListenedOn(hostname, host)) continue;
    const taken = Number(written || (protocol === 'https:' ? 443 : 80));
    const setting = taken === ollamaPort ? 'ollamaPort' : 'port';
    if (taken !== ollamaPort && taken !== port) continue;
    throw new InvalidSettingError(
      `${setting}: the backend ${name} is at ${url}, where this server is to listen itself. ` +
        'Have Ollama run behind it with --managed, after an Ollama that runs there is ended for good (a service: sudo systemctl disable --now ollama). ' +
        'Or have Ollama listen elsewhere (OLLAMA_HOST=127.0.0.1:11435 ollama serve), and name it with --backend http://127.0.0.1:11435.',
    );
  }
}

const bare = (host: string) => host.replace(/^\[|\]$/g, '').toLowerCase();

/** Whether a server that listens on `host` is there at the name `hostname` of this machine. */
function isListenedOn(hostname: string, host: string): boolean {
  const [name, own] = [bare(hostname), bare(host)];
  return own === '0.0.0.0' || own === '::' || name === own || (isLoopback(name) && isLoopback(own));
}
