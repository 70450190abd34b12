/** A view whose code is loaded when it is first shown. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { sentence } from '../state/failure.js';
import { Failed, Loading } from './lists.js';

export function lazy<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): (props: Props) => preact.JSX.Element {
  let loaded: ComponentType<Props> | undefined;
  return function Lazy(props) {
    const [, setReady] = useState(loaded !== undefined);
    const [failure, setFailure] = useState<string>();
    const [attempt, setAttempt] = useState(0);
    useEffect(() => {
      if (loaded) return;
      setFailure(undefined);
      load().then(
        (component) => {
          loaded = component;
          setReady(true);
        },
        (error: unknown) => setFailure(sentence(error)),
      );
    }, [attempt]);
    const Component = loaded;
    if (Component) return <Component {...props} />;
    return (
      <>
        <h1 class="only-read">Not loaded yet</h1>
        {failure === undefined ? (
          <Loading what="this page" />
        ) : (
          <Failed why={failure} again={() => setAttempt(attempt + 1)} />
        )}
      </>
    );
  };
}
