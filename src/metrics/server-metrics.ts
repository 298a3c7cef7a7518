/** What Prometheus reads of this server. https://prometheus.io/docs/practices/naming/ gives the rules for names and units. */
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { BoundedLabel } from './bounded-label.ts';
import { JobMetrics } from './job-metrics.ts';
import { describeSystem, type SystemSources } from './system-metrics.ts';

const TURN_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5];

export class ServerMetrics {
  readonly jobs: JobMetrics;
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #turns: Histogram;
  readonly #stopListening: () => void;
  #describesProcess = false;

  constructor(sources: SystemSources) {
    const model = new BoundedLabel();
    this.contentType = this.#registry.contentType;
    this.jobs = new JobMetrics(this.#registry, model);
    this.#turns = new Histogram({
      name: 'vramkeeper_decision_seconds',
      help: 'How long a turn of the scheduler took.',
      buckets: TURN_SECONDS,
      registers: [this.#registry],
    });
    this.#stopListening = describeSystem(this.#registry, sources, model);
  }

  /** The scheduler had a turn. */
  turned(ms: number): void {
    this.#turns.observe(ms / 1000);
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    if (!this.#describesProcess) {
      this.#describesProcess = true;
      // Its watch of the event loop wakes the process a hundred times a second, so it begins with the first question.
      collectDefaultMetrics({ register: this.#registry });
    }
    return this.#registry.metrics();
  }

  stop(): void {
    this.#stopListening();
    this.#registry.clear();
  }
}
