/** For operators: users with their sessions, and the sockets of the node that serves this page. Nothing is asked while the page is hidden. */

import { closeSocket, listSockets } from '@alarm-server/client';
import { useEffect } from 'preact/hooks';
import { Blank, Failed, Loading } from '../parts/lists.js';
import { Ago } from '../parts/time.js';
import { useAction } from '../state/commands.js';
import { count, plural } from '../state/format.js';
import { useLoaded } from '../state/loaded.js';
import { SERVER, token } from '../state/session.js';
import { tell } from '../state/ui.js';
import { Users } from './users.js';

/** How often the sockets are asked for while somebody looks, in ms. */
const EVERY_MS = 5_000;

export function Operations() {
  return (
    <section class="page scrolls" aria-labelledby="operations-title">
      <header class="page-head">
        <h1 id="operations-title">Operations</h1>
      </header>
      <div class="operations">
        <Users />
        <Sockets />
      </div>
    </section>
  );
}

function Sockets() {
  const { value, failure, isForbidden, reload } = useLoaded(() => listSockets(SERVER, token()), []);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && reload(), EVERY_MS);
    return () => clearInterval(timer);
  }, [reload]);
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
        <table class="plain" data-testid="sockets">
          <thead>
            <tr>
              <th scope="col">User</th>
              <th scope="col">Address</th>
              <th scope="col">Since</th>
              <th scope="col">Not read</th>
              <th scope="col">Client</th>
              <th scope="col">
                <span class="only-read">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {value.slice(0, 500).map((socket) => (
              <tr key={socket.id} data-slow={socket.backlog_bytes > 0}>
                <td>
                  <bdi>{socket.user.username}</bdi>
                </td>
                <td>{socket.address}</td>
                <td>
                  <Ago at={socket.since} />
                </td>
                <td>
                  {socket.backlog_bytes > 0 ? (
                    plural(socket.backlog_bytes, 'byte')
                  ) : (
                    <span class="nothing">nothing</span>
                  )}
                </td>
                <td class="client-name">{socket.client || <span class="nothing">not said</span>}</td>
                <td>
                  <button type="button" class="button small" onClick={() => void end(socket.id)}>
                    Close<span class="only-read"> the socket of {socket.user.username}</span>
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {value && value.length > 500 && <p class="note">and {plural(value.length - 500, 'socket')} more</p>}
    </section>
  );
}
