/**
 * The connection and what it shows: one AlarmClient, whose store is the only state of pages and alarms. Views read `frame.value`, which
 * changes at most once per animation frame and 25 times a second, however many messages arrive.
 */
import { AlarmClient, AlarmServerError, ConnectionClosedError, requestTicket } from '@alarm-server/client';
import { computed, effect, signal } from '@preact/signals';
import { type ConnectionView, viewOf } from './connection-view.js';
import { triggered } from './marks.js';
import { renewed, SERVER, session, sessionEnded, token } from './session.js';

/** Without a message for half of this, the client asks the server for one; after this, it gives the connection up. In ms. */
const SILENCE_LIMIT_MS = 10_000;

/** The client of the user who is signed in, or who was until their session ended. */
export const client = signal<AlarmClient | undefined>(undefined);
export const frame = signal(0);
export const roundTripMs = signal<number | undefined>(undefined);
/** The time, ms since 1970, updated each second while somebody can see it. */
export const now = signal(Date.now());
export const connection = signal<ConnectionView>({ state: 'signed-out', waiting: 0 });

/** Grows with each change of a page itself (its name, its owner, who may see it), and with each page that is added. */
export const sharesChanged = signal(0);

/** Grows with each comment on an alarm, alone or with what was done about it. */
export const commentsChanged = signal(0);

/** When something was last received, ms since 1970. */
let heardAt = 0;
/** The socket is open, and its state has not arrived. */
let isOpen = false;
let isScheduled = false;

/** The pages and alarms; read inside a view, it makes the view follow them. Undefined before the first state. */
export const store = computed(() => {
  frame.value;
  const held = client.value?.store;
  return held?.user ? { held } : undefined;
});

export const lastHeardMs = (): number => now.value - heardAt;

/** Shortest time between two redraws, in ms: more often, a person sees no more, and painting takes the time of everything else. */
const DRAW_MS = 40;
let drawnAt = 0;

/** Redraws what depends on the store: with a next frame, or soon where no frame is drawn (a hidden tab). */
export function changed(): void {
  if (isScheduled) return;
  isScheduled = true;
  const draw = (): void => {
    isScheduled = false;
    drawnAt = performance.now();
    frame.value += 1;
  };
  const waitMs = drawnAt + DRAW_MS - performance.now();
  if (document.hidden) setTimeout(draw, 250);
  else if (waitMs > 0) setTimeout(() => requestAnimationFrame(draw), waitMs);
  else requestAnimationFrame(draw);
}

function look(): void {
  now.value = Date.now();
  const next = viewOf(client.peek(), {
    isOpen,
    heardMsAgo: Date.now() - heardAt,
    isSignedIn: session.peek() !== undefined,
  });
  const { state, waiting } = connection.peek();
  if (next.state !== state || next.waiting !== waiting) connection.value = next;
}

function connect(): AlarmClient {
  const made = new AlarmClient({
    url: SERVER,
    token: renewed,
    ticket: () => requestTicket(SERVER, token()),
    silenceLimitMs: SILENCE_LIMIT_MS,
    reconnect: { firstMs: 500, longestMs: 5_000 },
  });
  made.on('message', () => (heardAt = Date.now()));
  made.on('opened', () => {
    isOpen = true;
    look();
  });
  made.on('state', (state) => {
    isOpen = false;
    if (state.name === 'live') heardAt = Date.now();
    if (state.name === 'ended') ended(state.why);
    look();
  });
  made.on('heartbeat', (beat) => (roundTripMs.value = beat.roundTripMs));
  made.on('alarm_update', ({ payload }) => {
    if (payload.action === 'triggered') triggered(payload.alarm_id);
    if (payload.comment !== undefined) commentsChanged.value += 1;
  });
  made.on('page_update', ({ payload }) => {
    sharesChanged.value += 1;
    if (payload.comment !== undefined) commentsChanged.value += 1;
  });
  // By another page, somebody may become known.
  made.on('page_added', () => (sharesChanged.value += 1));
  made.on('change', changed);
  made.on('settled', look);
  return made;
}

function ended(why: Error): void {
  const isRefused = why instanceof AlarmServerError && why.status === 401;
  const code = why instanceof ConnectionClosedError ? why.code : undefined;
  if (isRefused || code === 4001) sessionEnded('Your session has ended. Sign in again to go on where you were.');
  else if (code === 4002) sessionEnded('Your session was ended elsewhere. Sign in again to go on where you were.');
}

/** Commands that wait for a connection are counted as soon as they are given. */
export const counted = <Result>(command: Promise<Result>): Promise<Result> => {
  look();
  return command;
};

/** Follows the session: connects with it, goes on with the same user's next one, and forgets everything when they signed out. */
export function follow(forget: () => void): void {
  let user: string | undefined;
  effect(() => {
    const current = session.value;
    const held = client.peek();
    if (!current) {
      // A session that ended keeps the client, so that nothing on the screen is lost.
      if (held && held.state.name !== 'ended') void held.close();
    } else if (held && user === current.username) {
      if (held.state.name === 'ended') held.open().catch(() => undefined);
    } else {
      forget();
      user = current.username;
      client.value = connect();
      client
        .peek()
        ?.open()
        .catch(() => undefined);
    }
    look();
  });
  setInterval(() => {
    if (!document.hidden) look();
  }, 1_000);
  document.addEventListener('visibilitychange', look);
  window.addEventListener('online', () => client.peek()?.retryNow());
}

/** Drops what a user has seen: the next one starts with nothing. */
export function forgetClient(): void {
  const held = client.peek();
  client.value = undefined;
  roundTripMs.value = undefined;
  if (held && held.state.name !== 'ended') void held.close();
}
