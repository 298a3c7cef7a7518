/** What needs attention, above everything else; nothing when all is well. */
import { words } from '../../text/format.ts';
import { useSituation } from './situation.ts';

export function Problems() {
  const health = useSituation().value?.statsChanged.health;
  if (health === undefined || health.problems.length === 0) return null;
  return (
    <section className={`problems is-${health.status.toLowerCase()}`} aria-label="What needs attention">
      <ul>
        {health.problems.map(({ code, message }) => (
          <li key={`${code} ${message}`}>
            <strong>{words(code)}</strong> {message}
          </li>
        ))}
      </ul>
    </section>
  );
}
