/** Where the problems of a batch belong in what was set up: to a row, to a model, or to all of it. */
import { filledRows, type Plan } from './plan.ts';

export interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}

export interface PlacedIssues {
  /** By the keys of rows. */
  readonly rows: ReadonlyMap<string, string>;
  /** By names of models. */
  readonly models: ReadonlyMap<string, string>;
  readonly others: readonly string[];
}

/** Jobs come model by model, in the order of the rows. What is wrong for a model in every row is said of the model alone. */
export function placedIssues(plan: Plan, issues: readonly Issue[]): PlacedIssues {
  const rows = filledRows(plan);
  const ofRows = new Map<string, string>();
  const ofModels = new Map<string, string>();
  const others = new Set<string>();
  for (const { path, message } of issues) {
    const [first, index, field] = path;
    const job = Number(index);
    const model = plan.models[Math.floor(job / rows.length)];
    const row = rows[job % rows.length];
    if (first !== 'jobs' || index === undefined || !model || !row) others.add(sentence(path, message));
    else if (field === 'model' || isAboutModel(path)) ofModels.set(model, message);
    else if (row.key === 'question') others.add(sentence(path, message));
    else ofRows.set(row.key, message);
  }
  return { rows: ofRows, models: ofModels, others: [...others] };
}

/** Images that a model does not see are the model's. */
function isAboutModel(path: readonly string[]): boolean {
  return path.at(-1) === 'images' || path.at(-1) === 'think';
}

function sentence(path: readonly string[], message: string): string {
  const subject = path.at(-1) === 'jobs' ? 'The jobs' : (path.at(-1) ?? '');
  return /^[a-z]/.test(message) ? `${subject} ${message}` : message;
}
