/** Why the server cannot listen where it was told to. */
import { VramkeeperError } from '../domain/errors.ts';

/** The setting, with the flag of the command line that says the same. */
const FLAGS = { port: '--port', ollamaPort: '--ollama-port' } as const;
export type PortSetting = keyof typeof FLAGS;

export interface ListenAt {
  readonly host: string;
  readonly port: number;
  readonly setting: PortSetting;
}

export class PortInUseError extends VramkeeperError {
  readonly code = 'PORT_IN_USE';
  readonly port: number;

  constructor({ host, port, setting }: ListenAt, options?: { readonly cause?: unknown }) {
    super(
      `Port ${port} of ${host} is in use by another program, perhaps another vramkeeper. Stop it, or choose another port with ${FLAGS[setting]} or \`${setting}:\`.`,
      options,
    );
    this.port = port;
  }
}

export class CannotListenError extends VramkeeperError {
  readonly code = 'CANNOT_LISTEN';

  constructor({ host, port, setting }: ListenAt, options: { readonly cause: NodeJS.ErrnoException }) {
    super(`Cannot listen on ${host}:${port}: ${remedy(options.cause, FLAGS[setting])}`, options);
  }
}

function remedy(error: NodeJS.ErrnoException, flag: string): string {
  switch (error.code) {
    case 'EACCES':
      return `the system does not allow it. Choose a port above 1023 with ${flag}.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address. Choose another with --host.';
    default:
      return `${error.message}.`;
  }
}
