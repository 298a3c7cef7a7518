/** Which of the forms that a file is kept in a caller wants, by its `Accept-Encoding` (RFC 9110, section 12.5.3). */

export type Coding = 'br' | 'gzip' | 'identity';

/** The smallest first: of equal wishes it wins. */
const BY_SIZE: readonly Coding[] = ['br', 'gzip', 'identity'];

/**
 * @param header `Accept-Encoding`; absent: anything goes, and what is not compressed is understood by all
 * @param kept besides `identity`, which there always is
 */
export function acceptedCoding(header: string | undefined, kept: ReadonlySet<Coding>): Coding {
  const wishes = wishesOf(header ?? 'identity');
  const weight = (coding: Coding) =>
    wishes.get(coding) ?? wishes.get('*') ?? (coding === 'identity' ? LEAST : 0);
  const best = BY_SIZE.filter((coding) => kept.has(coding) && weight(coding) > 0).sort(
    (one, other) => weight(other) - weight(one),
  )[0];
  return best ?? 'identity';
}

/** What is not compressed may be sent unless it is refused, but nobody wishes for it who names something else. */
const LEAST = 0.0001;

function wishesOf(header: string): ReadonlyMap<string, number> {
  const wishes = header.split(',').flatMap((part) => {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    if (name === '') return [];
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const weight = q === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0;
    return [[name === 'x-gzip' ? 'gzip' : name, weight] as const];
  });
  return new Map(wishes);
}
