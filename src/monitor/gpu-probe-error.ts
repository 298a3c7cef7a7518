import { VramkeeperError } from '../domain/errors.ts';

/** The GPUs of a host could not be read. The message says what to do. */
export class GpuProbeError extends VramkeeperError {
  readonly code = 'GPU_PROBE_FAILED';
  /** The source is there, but gave no answer in time: the next reading may succeed. */
  readonly timedOut: boolean;

  constructor(message: string, options?: ErrorOptions & { readonly timedOut?: boolean }) {
    super(message, options);
    this.timedOut = options?.timedOut ?? false;
  }
}
