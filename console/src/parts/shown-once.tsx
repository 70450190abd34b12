/** A secret that is shown this once: to be copied, and put away. */
import type { ComponentChildren } from 'preact';
import { tell } from '../state/ui.js';

interface ShownOnceProps {
  readonly text: string;
  readonly testId: string;
  readonly done: () => void;
  /** What it is for. */
  readonly children: ComponentChildren;
}

export function ShownOnce({ text, testId, done, children }: ShownOnceProps) {
  const copy = (): void =>
    void navigator.clipboard.writeText(text).then(
      () => tell('It is in the clipboard.'),
      () => tell('The browser does not let this page copy: select it and copy it.', true),
    );
  return (
    <div class="conflict" role="status" data-testid={testId}>
      <p>{children}</p>
      <code class="secret" data-testid={`${testId}-text`}>
        {text}
      </code>
      <div class="form-foot">
        <button type="button" class="button small" onClick={copy}>
          Copy
        </button>
        <button type="button" class="button small" onClick={done}>
          I have kept it
        </button>
      </div>
    </div>
  );
}
