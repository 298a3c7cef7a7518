/** Runs of one workload as one page that needs nothing else: figures, who was in memory when, latencies, loads. */
import { greatest } from '../../domain/long-lists.ts';
import type { RunFigures } from '../figures/figures.ts';
import { latencyCurves, loadCurves, type NamedHistory } from './curves.ts';
import { residency } from './residency.ts';
import { colourOf, escaped, number } from './svg.ts';

export interface ReportedRun extends NamedHistory {
  readonly figures: RunFigures;
}

const COLUMNS: readonly (readonly [string, (figures: RunFigures) => number])[] = [
  ['seconds', (run) => run.makespanSeconds],
  ['/ bound', (run) => run.makespanSeconds / run.makespanBoundSeconds],
  ['loads', (run) => run.loads],
  ['load seconds', (run) => run.loadSeconds],
  ['mean', (run) => run.meanSeconds],
  ['p50', (run) => run.p50Seconds],
  ['p95', (run) => run.p95Seconds],
  ['p99', (run) => run.p99Seconds],
  ['fairness', (run) => run.jainIndex],
];

/** @param about one line on the workload and the machine @param runs of one seed, one for each policy */
export function reportPage(about: string, runs: readonly ReportedRun[], note: string | null): string {
  const endMs = greatest(runs.flatMap(({ history }) => history.jobs.at(-1)?.doneMs ?? 0));
  const legend = runs.map(
    ({ policy }, i) => `<span><i style="background:${colourOf(i)}"></i>${escaped(policy)}</span>`,
  );
  const residencies = runs.map(
    ({ policy, history }, i) =>
      `<section><h3>${escaped(policy)}</h3>${residency(history, endMs, colourOf(i))}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(about)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Simulated runs</h1>
<p>${escaped(about)}</p>
${note === null ? '' : `<p>${escaped(note)}</p>`}
${figuresTable(runs)}
<p class="legend">${legend.join('')}</p>
<h2>Latency: share of jobs that were done within so long</h2>
${latencyCurves(runs)}
<h2>Loads until then</h2>
${loadCurves(runs)}
<h2>Models in memory (pale: loading or leaving)</h2>
${residencies.join('\n')}
</body>
</html>
`;
}

function figuresTable(runs: readonly ReportedRun[]): string {
  const head = ['policy', ...COLUMNS.map(([name]) => name)].map((name) => `<th>${escaped(name)}</th>`);
  const rows = runs.map(({ policy, figures }) => {
    const cells = COLUMNS.map(([, of]) => `<td>${number(of(figures))}</td>`);
    return `<tr><th>${escaped(policy)}</th>${cells.join('')}</tr>`;
  });
  return `<div class="wide"><table><tr>${head.join('')}</tr>${rows.join('')}</table></div>`;
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; } h3 { font-size: 1rem; margin: 1rem 0 0.3rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.7rem; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child { text-align: left; }
svg { width: 100%; height: auto; display: block; }
.grid { stroke: #e4e4e4; } .tick { font-size: 11px; text-anchor: middle; fill: #555; }
.label { font-size: 11px; text-anchor: end; fill: #555; } .name { font-size: 11px; text-anchor: end; fill: #333; }
.legend span { margin-right: 1.2rem; white-space: nowrap; }
.legend i { display: inline-block; width: 0.9em; height: 0.9em; margin-right: 0.4em; vertical-align: -0.1em; }
`;
