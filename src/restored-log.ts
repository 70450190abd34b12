/** Ends the process when the log under it is restored. */
import type { Projection } from './projections/projection.js';

export const endWhenRestored = (projection: Projection, onFatal: (error: Error) => void): void =>
  projection.listen(({ recorded: { event } }) => {
    if (event.type === 'LogRestored')
      onFatal(
        new Error(
          'The log was restored while this node was running: what it holds may not be in the log any more. Start it again',
        ),
      );
  });
