/** The rows of a comparison: texts that are typed or come from a file, and images. */
import { type RefObject, useRef, useState } from 'react';
import { Picture } from '../../asking/attached-images.tsx';
import { problemOf } from '../../live/problems.ts';
import { useLiveParts } from '../../live/use-live.ts';
import { plural } from '../../text/format.ts';
import { textsOf } from './csv.ts';
import type { Row } from './plan.ts';
import type { ChangePlan } from './use-plan.ts';

interface RowsProps {
  readonly rows: readonly Row[];
  readonly change: ChangePlan;
  /** What is wrong with a row, by its key. */
  readonly problems: ReadonlyMap<string, string>;
}

const newKey = () => crypto.getRandomValues(new Uint32Array(2)).join('-');

export function Rows({ rows, change, problems }: RowsProps) {
  const { connection } = useLiveParts();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<readonly string[]>([]);
  const images = useRef<HTMLInputElement>(null);
  const tables = useRef<HTMLInputElement>(null);
  const add = (added: readonly Omit<Row, 'key'>[]) =>
    change((plan) => ({
      ...plan,
      rows: [...plan.rows, ...added.map((row) => ({ ...row, key: newKey() }))],
    }));
  const edit = (key: string, edited: Partial<Row> | null) =>
    change((plan) => ({
      ...plan,
      rows: plan.rows.flatMap((row) => (row.key !== key ? [row] : edited ? [{ ...row, ...edited }] : [])),
    }));
  /** Each for itself: one that is refused keeps no other out. */
  const take = async (files: Iterable<File>) => {
    setBusy(true);
    setRefused([]);
    for (const file of files) {
      try {
        if (isTable(file)) add(textsIn(file.name, await file.text()).map((text) => ({ text, image: null })));
        else add([{ text: '', image: { id: await connection.storeImage(file), name: file.name } }]);
      } catch (error) {
        setRefused((before) => [...before, `${file.name}: ${problemOf(error).message}`]);
      }
    }
    setBusy(false);
  };
  return (
    <fieldset
      className="compare-rows"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void take([...event.dataTransfer.files]);
      }}
      onPaste={(event) => {
        if (event.clipboardData.files.length === 0) return;
        event.preventDefault();
        void take([...event.clipboardData.files]);
      }}
    >
      <legend>
        Inputs{rows.length > 0 && <span className="quiet"> · {plural(rows.length, 'row')}</span>}
      </legend>
      {rows.length > 0 && (
        <ol>
          {rows.map((row, place) => (
            <RowEditor
              key={row.key}
              row={row}
              place={place + 1}
              problem={problems.get(row.key)}
              onChange={(edited) => edit(row.key, edited)}
            />
          ))}
        </ol>
      )}
      {refused.map((text) => (
        <p key={text} className="refusal" role="alert">
          {text}
        </p>
      ))}
      <div className="actions">
        <button type="button" className="button" onClick={() => add([{ text: '', image: null }])}>
          Add a text
        </button>
        <button type="button" className="button" disabled={busy} onClick={() => images.current?.click()}>
          {busy ? 'Handing in…' : 'Add images'}
        </button>
        <button type="button" className="button" onClick={() => tables.current?.click()}>
          Texts from a file
        </button>
        {rows.length > 1 && (
          <button
            type="button"
            className="button bare"
            onClick={() => change((plan) => ({ ...plan, rows: [] }))}
          >
            Leave out all
          </button>
        )}
      </div>
      <FileInput input={images} accept="image/*" label="Images" onFiles={take} />
      <FileInput input={tables} accept=".csv,.tsv,.txt,.json,.jsonl" label="Texts" onFiles={take} />
    </fieldset>
  );
}

const isTable = ({ name, type }: File) => /\.(csv|tsv|txt|jsonl?)$/i.test(name) || type === 'text/plain';

function textsIn(name: string, content: string): readonly string[] {
  const texts = textsOf(name, content);
  if (texts.length === 0)
    throw new Error(
      'There is no text in it. A table has a column named "prompt", or its texts in the first column; other files one text a line.',
    );
  return texts;
}

interface FileInputProps {
  readonly input: RefObject<HTMLInputElement | null>;
  readonly accept: string;
  readonly label: string;
  readonly onFiles: (files: readonly File[]) => void;
}

function FileInput({ input, accept, label, onFiles }: FileInputProps) {
  return (
    <input
      ref={input}
      type="file"
      accept={accept}
      aria-label={label}
      multiple
      hidden
      onChange={(event) => {
        onFiles([...(event.currentTarget.files ?? [])]);
        event.currentTarget.value = '';
      }}
    />
  );
}

interface RowEditorProps {
  readonly row: Row;
  readonly place: number;
  readonly problem: string | undefined;
  /** Null: it is left out. */
  readonly onChange: (edited: Partial<Row> | null) => void;
}

function RowEditor({ row: { image, text }, place, problem, onChange }: RowEditorProps) {
  return (
    <li>
      <span className="place">{place}</span>
      {image && <Picture path={`/images/${image.id}`} name={image.name} />}
      <textarea
        rows={1}
        aria-label={`Text of input ${place}`}
        placeholder={image ? `${image.name}: add words to it, or none` : 'A text'}
        value={text}
        onChange={(event) => onChange({ text: event.target.value })}
      />
      <button type="button" className="button bare" onClick={() => onChange(null)}>
        × <span className="unseen">Leave out input {place}</span>
      </button>
      {problem !== undefined && <p className="refusal">{problem}</p>}
    </li>
  );
}
