/**
 * Switches that make the virtual Ollama fail on purpose. A number counts down: the next n occasions fail.
 */
export interface Faults {
  /** Loads that run out of memory. */
  oomOnLoad: number;
  /** Loads that never become ready. */
  hangLoad: number;
  /** Loads whose engine is killed by the kernel. */
  crashOnLoad: number;
  /** Generations whose engine dies half-way (embeddings: at once). */
  dieMidStream: number;
  /** Generations that end with an out-of-memory error of the engine, after which all models expire. */
  oomMidStream: number;
  /** Generations that stop half-way and say nothing more. */
  stallMidStream: number;
  /** Streams whose connection is cut half-way, while the server goes on. */
  cutMidStream: number;
  /** Requests for a runner that find the queue full. */
  queueFull: number;
  /** Streams in which one line is not JSON. */
  garbageLine: number;
  /** Generations and embeddings that fail with an error of the engine which quotes what was asked. */
  quotePrompt: number;
  /** Streams that break off half-way with an error which quotes what was generated, as a tool call that cannot be parsed does. */
  quoteOutput: number;
  /** Streams that end without a `done: true` line. */
  endWithoutDone: number;
  /** Pulls that break off half-way. */
  failMidPull: number;
  /** Pulls that find no room on the disk half-way. */
  fullDiskMidPull: number;
  /** Pulls that get no further half-way, while they go on reporting. */
  stallMidPull: number;
  /** Requests to `/api/*` answered with status 500. */
  http500: number;
  /** A request aborted in mid-stream keeps its slot until the model is unloaded. */
  slotLeakOnAbort: boolean;
  /** The engine dies of every prompt or text to embed that holds this; none does when it is empty. */
  dieOf: string;
  /** The engine fails at every one that holds this, with words of its own, and lives on. */
  failOf: string;
  /** The numbers of every text to embed that holds this are none. */
  notANumberOf: string;
  /** The weights of models whose name holds this are cut off: none of their loads succeeds. */
  truncatedWeightsOf: string;
  /** The weights of models whose name holds this are gone, so nobody knows what the models can do. */
  missingWeightsOf: string;
  /** How long `/api/ps` takes. Real time, not divided by `speed`. */
  slowPsMs: number;
  /** Every connection is cut at once, but for `/virtual/*`. */
  down: boolean;
  /** A killed server leaves its engines behind, holding their memory. */
  orphanOnKill: boolean;
}

export const NO_FAULTS: Readonly<Faults> = {
  oomOnLoad: 0,
  hangLoad: 0,
  crashOnLoad: 0,
  dieMidStream: 0,
  oomMidStream: 0,
  stallMidStream: 0,
  cutMidStream: 0,
  queueFull: 0,
  garbageLine: 0,
  quotePrompt: 0,
  quoteOutput: 0,
  endWithoutDone: 0,
  failMidPull: 0,
  fullDiskMidPull: 0,
  stallMidPull: 0,
  http500: 0,
  slotLeakOnAbort: false,
  dieOf: '',
  failOf: '',
  notANumberOf: '',
  truncatedWeightsOf: '',
  missingWeightsOf: '',
  slowPsMs: 0,
  down: false,
  orphanOnKill: true,
};

export type CountedFault = {
  [Name in keyof Faults]: Name extends 'slowPsMs' ? never : Faults[Name] extends number ? Name : never;
}[keyof Faults];

export type TextFault = { [Name in keyof Faults]: Faults[Name] extends string ? Name : never }[keyof Faults];

/** Whether a text is one that fails. */
export function isMeant(faults: Pick<FaultSource, 'state'>, name: TextFault, text: string): boolean {
  const mark = faults.state[name];
  return mark !== '' && text.includes(mark);
}

/** Where a server learns that it is to fail: switches of its own, or a file that several share. */
export interface FaultSource {
  readonly state: Readonly<Faults>;
  set(faults: Partial<Faults>): void;
  reset(): void;
  /** Whether this occasion fails; takes one off the count. */
  take(name: CountedFault): boolean;
}

export class FaultSwitches implements FaultSource {
  readonly #faults: Faults = { ...NO_FAULTS };

  get state(): Readonly<Faults> {
    return this.#faults;
  }

  set(faults: Partial<Faults>): void {
    Object.assign(this.#faults, faults);
  }

  reset(): void {
    Object.assign(this.#faults, NO_FAULTS);
  }

  take(name: CountedFault): boolean {
    if (this.#faults[name] <= 0) return false;
    this.#faults[name]--;
    return true;
  }
}
