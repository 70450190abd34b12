/** The newest signed checkpoint, the key that it is verified with, and how to prove with them that the log is what it was. */
import { newestCheckpoint, verifierKey } from '@alarm-server/client';
import { Icon } from '../parts/icon.js';
import { Failed, Loading } from '../parts/lists.js';
import { useLoaded } from '../state/loaded.js';
import { save } from '../state/saving.js';
import { SERVER, token } from '../state/session.js';

export function AuditEvidence() {
  const { value, failure, reload } = useLoaded(async () => {
    const [checkpoint, key] = await Promise.all([newestCheckpoint(SERVER, token()), verifierKey(SERVER, token())]);
    return { checkpoint, key };
  }, []);
  if (value === undefined && failure === undefined) return <Loading what="the checkpoint" />;
  if (failure !== undefined) return <Failed why={failure} again={reload} />;
  if (!value) return null;
  const [origin, size, root] = value.checkpoint.split('\n');
  return (
    <section aria-labelledby="evidence-title">
      <h2 id="evidence-title">The newest checkpoint</h2>
      <dl class="facts" data-testid="checkpoint">
        <dt>Log</dt>
        <dd>{origin}</dd>
        <dt>Events</dt>
        <dd>{size}</dd>
        <dt>Root</dt>
        <dd>
          <code>{root}</code>
        </dd>
        <dt>Key</dt>
        <dd>
          <code>{value.key.trim()}</code>
        </dd>
      </dl>
      <div class="form-foot">
        <button
          type="button"
          class="button"
          onClick={() => save(`checkpoint-${size}.txt`, 'text/plain', value.checkpoint)}
        >
          <Icon name="download" /> Checkpoint
        </button>
        <button type="button" class="button" onClick={() => save('log.vkey', 'text/plain', value.key)}>
          <Icon name="download" /> Key
        </button>
        <button type="button" class="button" onClick={reload}>
          <Icon name="history" /> Newest
        </button>
      </div>
      <p class="note">
        Keep both where the server's operators cannot change them. Later, this proves that the log still begins with
        these {size} events, or names the first one that was changed:
      </p>
      <code class="secret">
        npm run verify -- --url {SERVER} --token-file token.txt --checkpoint checkpoint-{size}.txt
      </code>
    </section>
  );
}
