/** Why the server cannot listen where it was told to. */
import { VramkeeperError } from '../domain/errors.ts';

export class PortInUseError extends VramkeeperError {
  readonly code = 'PORT_IN_USE';
  readonly port: number;

  constructor(host: string, port: number, options?: { readonly cause?: unknown }) {
    super(
      `Port ${port} of ${host} is in use by another program, perhaps another vramkeeper. Stop it, or choose another port with --port or \`port:\`.`,
      options,
    );
    this.port = port;
  }
}

export class CannotListenError extends VramkeeperError {
  readonly code = 'CANNOT_LISTEN';

  constructor(host: string, port: number, options: { readonly cause: NodeJS.ErrnoException }) {
    super(`Cannot listen on ${host}:${port}: ${remedy(options.cause)}`, options);
  }
}

function remedy(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EACCES':
      return 'the system does not allow it. Choose a port above 1023 with --port.';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address. Choose another with --host.';
    default:
      return `${error.message}.`;
  }
}
