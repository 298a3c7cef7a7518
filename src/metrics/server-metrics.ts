/** What Prometheus reads of this server. https://prometheus.io/docs/practices/naming/ gives the rules for names and units. */
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { BoundedLabel } from './bounded-label.ts';
import { ExecutionMetrics } from './execution-metrics.ts';
import { GatewayMetrics } from './gateway-metrics.ts';
import { JobMetrics } from './job-metrics.ts';
import { describeSystem, type SystemSources } from './system-metrics.ts';

const TURN_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5];

export class ServerMetrics {
  readonly jobs: JobMetrics;
  readonly execution: ExecutionMetrics;
  readonly gateway: GatewayMetrics;
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #model = new BoundedLabel();
  readonly #turns: Histogram;
  #stopListening = () => {};
  #describesProcess = false;

  constructor() {
    this.contentType = this.#registry.contentType;
    this.jobs = new JobMetrics(this.#registry, this.#model);
    this.execution = new ExecutionMetrics(this.#registry, this.#model);
    this.gateway = new GatewayMetrics(this.#registry);
    this.#turns = new Histogram({
      name: 'vramkeeper_decision_seconds',
      help: 'How long a turn of the scheduler took.',
      buckets: TURN_SECONDS,
      registers: [this.#registry],
    });
  }

  /** What is worked out when somebody asks. Called once. */
  describe(sources: SystemSources): void {
    this.#stopListening = describeSystem(this.#registry, sources, this.#model);
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
