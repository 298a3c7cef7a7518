/** The figures that the scheduler is held to, each with what is to be reached at least, and what is aimed at. */
import { EMBEDDING_MODEL, type JobRecord, meanOf, percentile } from '../../src/simulator/index.ts';
import { type Cell, type Cells, medianOf, type Rival, type Scene, workloadOf } from './cells.ts';
import { CLAIRVOYANT, KNAPSACK, LRU, OLLAMA, OURS, OURS_ATTACHED } from './rivals.ts';
import { BACKLOG, FLOOD, LOW, MANY_MODELS, MEDIUM, PEOPLE, SATURATED, SATURATED_MIXED } from './scenes.ts';

export interface Row {
  readonly about: string;
  /** Of Ollama, LRU and knapsack, where they are asked. */
  readonly rivals: readonly number[];
  readonly managed: number;
  readonly attached: number | null;
  /** At most so much; null where nothing is said. */
  readonly ship: number | null;
  readonly moonshot: number | null;
}

const ratio = ({ figures }: Cell) => figures.makespanSeconds / figures.makespanBoundSeconds;
const mean = ({ figures }: Cell) => figures.meanSeconds;
const loads = ({ figures }: Cell) => figures.loads;
const highP95 = ({ figures }: Cell) => figures.byPriority.HIGH?.p95Seconds ?? 0;

export const ROWS: readonly ((cells: Cells) => Row)[] = [
  (cells) => plain(cells, 'backlog of 400, makespan / bound', BACKLOG, ratio, 1.12, 1.05),
  (cells) => plain(cells, 'saturated (0.28/s), makespan / bound', SATURATED, ratio, 1.08, 1.03),
  (cells) => shareOfOllama(cells, 'loads there, times those of Ollama', SATURATED, loads, 0.45, 0.3),
  (cells) =>
    shareOfOllama(cells, 'HIGH p95 there, times that of Ollama', SATURATED_MIXED, highP95, 1 / 6, 1 / 15),
  (cells) => plain(cells, 'medium load (0.16/s), mean, s', MEDIUM, mean, null, null),
  (cells) => {
    const row = plain(cells, 'low load (0.08/s), mean, s', LOW, mean, null, null);
    const least = row.rivals.reduce((best, each) => Math.min(best, each), Number.POSITIVE_INFINITY);
    return { ...row, ship: least, moonshot: least };
  },
  (cells) => ({
    about: 'mean there at medium load, times that of who knows the future',
    rivals: [],
    managed: cells.median(MEDIUM, OURS, mean) / cells.median(MEDIUM, CLAIRVOYANT, mean),
    attached: null,
    ship: 1.08,
    moonshot: 1.03,
  }),
  (cells) => ({
    about: 'light clients under a flood, slowdown',
    rivals: [OLLAMA, LRU, KNAPSACK].map((rival) => slowdownByFlood(cells, rival)),
    managed: slowdownByFlood(cells, OURS),
    attached: slowdownByFlood(cells, OURS_ATTACHED),
    ship: 1.5,
    moonshot: 1.2,
  }),
  (cells) => ({
    about: 'least possible there: each alone in a hurry, with the flood times without',
    rivals: [],
    managed: leastByFlood(cells, OURS),
    attached: leastByFlood(cells, OURS_ATTACHED),
    ship: null,
    moonshot: null,
  }),
  (cells) => plain(cells, 'people: embeddings p95, s', PEOPLE, embeddingsP95, 0.5, 0.5),
  (cells) => plain(cells, 'people: HIGH chats p95, s', PEOPLE, highP95, 90, 90),
  (cells) => ({
    ...plain(cells, '4 × 80 GiB, 200 models, 800 jobs, makespan / bound', MANY_MODELS, ratio, null, null, 1),
    attached: null,
  }),
  (cells) => ({
    about: 'decision there, p99, ms',
    rivals: [],
    managed: cells.median(MANY_MODELS, OURS, ({ figures }) => figures.decisionP99Ms, 1),
    attached: null,
    ship: 2,
    moonshot: 0.5,
  }),
];

function plain(
  cells: Cells,
  about: string,
  scene: Scene,
  of: (cell: Cell) => number,
  ship: number | null,
  moonshot: number | null,
  seeds?: number,
): Row {
  const median = (rival: Rival) => cells.median(scene, rival, of, seeds);
  const isLarge = seeds !== undefined;
  return {
    about,
    rivals: [OLLAMA, LRU, KNAPSACK].map(median),
    managed: median(OURS),
    attached: isLarge ? null : median(OURS_ATTACHED),
    ship,
    moonshot,
  };
}

/** Paired by seed. */
function shareOfOllama(
  cells: Cells,
  about: string,
  scene: Scene,
  of: (cell: Cell) => number,
  ship: number,
  moonshot: number,
): Row {
  const theirs = cells.of(scene, OLLAMA).map(of);
  const share = (rival: Rival) =>
    medianOf(cells.of(scene, rival).map((cell, i) => of(cell) / (theirs[i] ?? Number.NaN)));
  return {
    about,
    rivals: [OLLAMA, LRU, KNAPSACK].map(share),
    managed: share(OURS),
    attached: share(OURS_ATTACHED),
    ship,
    moonshot,
  };
}

function embeddingsP95({ history }: Cell): number {
  const seconds = history.jobs
    .filter(({ job }) => job.model === EMBEDDING_MODEL)
    .map(({ arrivedMs, doneMs }) => (doneMs - arrivedMs) / 1_000)
    .sort((a, b) => a - b);
  return percentile(seconds, 0.95);
}

const FLOODING = 'flood';
/** The same jobs of the light clients alone. */
const CALM: Scene = {
  workload: (seed) => {
    const { jobs, ...rest } = workloadOf(FLOOD, seed);
    const light = jobs.filter(({ client }) => client !== FLOODING);
    return { ...rest, jobs: light.map((job, number) => ({ ...job, number })) };
  },
};

/** Of the mean latency of the light clients, with the flood and without. */
function slowdownByFlood(cells: Cells, rival: Rival): number {
  const latency = ({ arrivedMs, doneMs }: JobRecord) => doneMs - arrivedMs;
  return besideCalm(cells, rival, (flood) => lightMean(flood, latency), latency);
}

/** What they have to wait for although nobody comes before them: what runs already is not broken off, and their model has to be loaded. */
function leastByFlood(cells: Cells, rival: Rival): number {
  const least = (record: JobRecord) => record.leastMs;
  return besideCalm(cells, rival, (flood) => lightMean(flood, least), least);
}

function lightMean({ history }: Cell, of: (record: JobRecord) => number): number {
  return meanOf(history.jobs.filter(({ job }) => job.client !== FLOODING).map(of));
}

/** Times the mean of the calm; the median of the seeds. */
function besideCalm(
  cells: Cells,
  rival: Rival,
  of: (flood: Cell) => number,
  ofCalm: (record: JobRecord) => number,
): number {
  const calms = cells.of(CALM, rival);
  return medianOf(
    cells.of(FLOOD, rival).flatMap((flood, i) => {
      const calm = calms[i];
      return calm ? [of(flood) / lightMean(calm, ofCalm)] : [];
    }),
  );
}
