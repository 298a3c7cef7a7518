/** Images that go along with a message: chosen, dropped or pasted, and handed in at once. */
import { useEffect, useState } from 'react';
import { problemOf } from '../live/problems.ts';
import { useLiveParts } from '../live/use-live.ts';

export interface Attached {
  readonly id: string;
  readonly name: string;
}

export interface Attachments {
  readonly images: readonly Attached[];
  readonly busy: boolean;
  readonly problem: Error | null;
  add(files: Iterable<File>): Promise<void>;
  remove(id: string): void;
  clear(): void;
}

export function useAttachments(): Attachments {
  const { connection } = useLiveParts();
  const [images, setImages] = useState<readonly Attached[]>([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Error | null>(null);
  return {
    images,
    busy,
    problem,
    async add(files) {
      setBusy(true);
      setProblem(null);
      for (const file of files) {
        try {
          const id = await connection.storeImage(file);
          setImages((before) => [...before.filter((one) => one.id !== id), { id, name: file.name }]);
        } catch (error) {
          setProblem(new Error(`${file.name}: ${problemOf(error).message}`));
        }
      }
      setBusy(false);
    },
    remove: (id) => setImages((before) => before.filter((one) => one.id !== id)),
    clear: () => setImages([]),
  };
}

/** An image needs the key, which no address carries. */
export function Picture({ path, name }: { readonly path: string; readonly name: string }) {
  const { connection } = useLiveParts();
  const [url, setUrl] = useState<string | null>(null);
  const [lost, setLost] = useState(false);
  useEffect(() => {
    const asking = new AbortController();
    let made: string | null = null;
    connection.image(path, asking.signal).then(
      (blob) => {
        made = URL.createObjectURL(blob);
        setUrl(made);
      },
      () => asking.signal.aborted || setLost(true),
    );
    return () => {
      asking.abort();
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [connection, path]);
  if (lost) return <span className="quiet">This image is not there any more.</span>;
  return url === null ? <span className="picture" /> : <img className="picture" src={url} alt={name} />;
}
