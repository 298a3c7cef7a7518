import { VramkeeperError } from '../domain/errors.ts';

/** The GPUs of a host could not be read. The message says what to do. */
export class GpuProbeError extends VramkeeperError {
  readonly code = 'GPU_PROBE_FAILED';
  /** The host has no GPU of this kind. Of any other failure nobody knows whether it has: the next reading may show one. */
  readonly noGpu: boolean;

  constructor(message: string, options?: ErrorOptions & { readonly noGpu?: boolean }) {
    super(message, options);
    this.noGpu = options?.noGpu ?? false;
  }
}
