/** Inputs down, models across. Where there is no room for columns, each input is a card with its answers one below the other. */
import { Picture } from '../../asking/attached-images.tsx';
import { ModelName } from '../../parts/ranks.tsx';
import { durationText } from '../../text/format.ts';
import { AnswerCell } from './cell.tsx';
import { type Cells, figuresOf, meanOf } from './cells.ts';
import type { Input } from './inputs.ts';
import { cellKey, type Kept, type Rating, type Ratings } from './plan.ts';

interface GridProps {
  readonly kept: Kept;
  readonly inputs: readonly Input[];
  readonly cells: Cells;
  readonly ratings: Ratings;
  readonly onOpen: (place: string) => void;
  readonly onRate: (place: string, rating: Rating) => void;
}

export function Grid({ kept, inputs, cells, ratings, onOpen, onRate }: GridProps) {
  const rows = Array.from({ length: kept.rows }, (_, row) => row);
  return (
    // Wider than the page with many models: it scrolls by itself, by the keyboard too.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached.
    <section className="compare-scroll" aria-label="Answers" tabIndex={0}>
      <table className="compare-grid">
        <caption className="unseen">Answers, an input in each row and a model in each column</caption>
        <thead>
          <tr>
            <th scope="col">Input</th>
            {kept.models.map((model, column) => (
              <th key={cellKey(-1, column)} scope="col">
                <ModelName name={model} />
                <Summary column={column} rows={rows} cells={cells} ratings={ratings} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row} data-row-of={row}>
              <th scope="row">
                <InputOf input={inputs[row]} place={row + 1} />
              </th>
              {kept.models.map((model, column) => {
                const place = cellKey(row, column);
                return (
                  <AnswerCell
                    key={place}
                    cell={cells.at.get(place)}
                    place={place}
                    model={model}
                    about={`${model} to input ${row + 1}`}
                    rating={ratings[place]}
                    onOpen={onOpen}
                    onRate={onRate}
                  />
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function InputOf({ input, place }: { readonly input: Input | undefined; readonly place: number }) {
  if (!input) return <span className="quiet">{place}</span>;
  const { image, text } = input;
  return (
    <div className="compare-input">
      {/* Its name stands below. */}
      {image?.id != null && <Picture path={`/images/${image.id}`} name="" />}
      {image && <span className="quiet cut">{image.name}</span>}
      {text !== '' && <span className="compare-input-text">{text}</span>}
      {text === '' && image === null && <span className="quiet">the question</span>}
    </div>
  );
}

interface SummaryProps {
  readonly column: number;
  readonly rows: readonly number[];
  readonly cells: Cells;
  readonly ratings: Ratings;
}

/** The means of a model over all inputs. */
function Summary({ column, rows, cells, ratings }: SummaryProps) {
  const jobs = rows.flatMap((row) => cells.at.get(cellKey(row, column))?.job ?? []);
  const figures = jobs.map(figuresOf);
  const done = jobs.filter(({ finishedAt }) => finishedAt != null).length;
  const speed = meanOf(figures.map(({ tokensPerSecond }) => tokensPerSecond));
  const first = meanOf(figures.map(({ firstTokenMs }) => firstTokenMs));
  const stars = meanOf(rows.map((row) => ratings[cellKey(row, column)]?.stars));
  const parts = [
    done < rows.length ? `${done} of ${rows.length}` : null,
    stars === null ? null : `★ ${stars.toFixed(1)}`,
    speed === null ? null : `${speed.toFixed(0)} tokens/s`,
    first === null ? null : `first after ${durationText(first)}`,
  ];
  return <span className="compare-summary quiet">{parts.filter((part) => part !== null).join(' · ')}</span>;
}
