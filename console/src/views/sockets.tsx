/** The sockets of the node that serves this page, for operators. Nothing is asked while the page is hidden. */
import { closeSocket, listSockets } from '@alarm-server/client';
import { Blank, Failed, Loading } from '../parts/lists.js';
import { PlainTable, Row } from '../parts/plain-table.js';
import { Ago } from '../parts/time.js';
import { useAction } from '../state/commands.js';
import { count, plural } from '../state/format.js';
import { useLoaded } from '../state/loaded.js';
import { SERVER, token } from '../state/session.js';
import { tell } from '../state/ui.js';
import { useWhileSeen } from '../state/while-seen.js';

/** How often the sockets are asked for while somebody looks, in ms. */
const EVERY_MS = 5_000;
/** Rows that are shown; the rest is counted. */
const LIMIT = 500;
const TITLES = ['User', 'Address', 'Since', 'Not read', 'Client', ''];

export function Sockets() {
  const { value, failure, isForbidden, reload } = useLoaded(() => listSockets(SERVER, token()), []);
  useWhileSeen(EVERY_MS, reload);
  const action = useAction();
  const end = async (id: string): Promise<void> => {
    const isDone = await action.run(() => closeSocket(SERVER, token(), id));
    if (!isDone) tell(action.failure.peek(), true);
    reload();
  };
  if (isForbidden) return <Blank icon="key" title="Only operators see the sockets." />;
  return (
    <section aria-labelledby="sockets-title">
      <h2 id="sockets-title">Sockets of this node {value && <span class="note">{count(value.length)}</span>}</h2>
      {value === undefined && failure === undefined && <Loading what="the sockets" />}
      {value === undefined && failure !== undefined && <Failed why={failure} again={reload} />}
      {value && (
        <PlainTable titles={TITLES} testId="sockets">
          {value.slice(0, LIMIT).map((socket) => (
            <Row
              key={socket.id}
              titles={TITLES}
              data-slow={socket.backlog_bytes > 0}
              cells={[
                <bdi key="user">{socket.user.username}</bdi>,
                socket.address,
                <Ago key="since" at={socket.since} />,
                socket.backlog_bytes > 0 ? plural(socket.backlog_bytes, 'byte') : <span class="nothing">nothing</span>,
                <span key="client" class="client-name">
                  {socket.client || 'not said'}
                </span>,
                <button key="end" type="button" class="button small" onClick={() => void end(socket.id)}>
                  Close<span class="only-read"> the socket of {socket.user.username}</span>
                </button>,
              ]}
            />
          ))}
        </PlainTable>
      )}
      {value && value.length > LIMIT && <p class="note">and {plural(value.length - LIMIT, 'socket')} more</p>}
    </section>
  );
}
