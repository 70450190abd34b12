/** For operators: how the node is doing, users with their sessions, and the sockets of the node that serves this page. */
import { Figures } from './figures.js';
import { Sockets } from './sockets.js';
import { Users } from './users.js';

export function Operations() {
  return (
    <section class="page scrolls" aria-labelledby="operations-title">
      <header class="page-head">
        <h1 id="operations-title">Operations</h1>
      </header>
      <div class="operations">
        <Figures />
        <Users />
        <Sockets />
      </div>
    </section>
  );
}
