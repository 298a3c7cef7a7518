/** Pages whose code comes when they are first shown. */
import { type ComponentType, type LazyExoticComponent, lazy } from 'react';

/**
 * A file that did not come is not asked for again: browsers remember that, and another version of the server has files of other names. The
 * document is loaded again instead, which names those that there are.
 */
export function lazyPage<Props>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => {
    const component = await load().catch((): ComponentType<Props> => NotLoaded);
    return { default: component };
  });
}

function NotLoaded() {
  return (
    <div className="failure" role="alert">
      <p>This part of the page did not come. The server may be away, or have another version by now.</p>
      <button type="button" onClick={() => location.reload()}>
        Load the page again
      </button>
    </div>
  );
}
