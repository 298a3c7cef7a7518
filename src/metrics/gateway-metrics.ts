/** What the drop-in APIs add to the time of a request, beside waiting and running. */
import { Histogram, type Registry } from 'prom-client';

const ADDED_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

export class GatewayMetrics {
  readonly #added: Histogram<'part'>;

  constructor(registry: Registry) {
    this.#added = new Histogram({
      name: 'vramkeeper_gateway_added_seconds',
      help:
        'What the drop-in APIs add to a request: from its whole body to its job on disk (accept), ' +
        'and from the last record of the backend to the end of the answer (answer).',
      labelNames: ['part'],
      buckets: ADDED_SECONDS,
      registers: [registry],
    });
  }

  accepted(ms: number): void {
    this.#added.observe({ part: 'accept' }, ms / 1000);
  }

  answered(ms: number): void {
    this.#added.observe({ part: 'answer' }, ms / 1000);
  }
}
