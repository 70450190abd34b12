/** The states of the connection as a person sees them. */
import type { AlarmClient } from '@alarm-server/client';

export type ConnectionState = 'connecting' | 'catching-up' | 'live' | 'stale' | 'offline' | 'signed-out';

export interface ConnectionView {
  readonly state: ConnectionState;
  /** Commands that are not confirmed. */
  readonly waiting: number;
}

/** The client asks the server for a message after 5 s of silence; one more second for the answer. */
export const HEARD_WITHIN_MS = 6_000;

interface Facts {
  /** The socket is open. */
  readonly isOpen: boolean;
  readonly heardMsAgo: number;
  readonly isSignedIn: boolean;
}

export function viewOf(
  client: Pick<AlarmClient, 'state' | 'pendingCommands'> | undefined,
  facts: Facts,
): ConnectionView {
  return { state: stateOf(client, facts), waiting: client?.pendingCommands ?? 0 };
}

function stateOf(
  client: Pick<AlarmClient, 'state'> | undefined,
  { isOpen, heardMsAgo, isSignedIn }: Facts,
): ConnectionState {
  if (!client || !isSignedIn) return 'signed-out';
  const { state } = client;
  switch (state.name) {
    case 'idle':
      return 'connecting';
    case 'connecting':
      if (isOpen) return 'catching-up';
      // Further attempts are what "offline" does in its background.
      return state.attempt === 1 ? 'connecting' : 'offline';
    case 'live':
      return heardMsAgo <= HEARD_WITHIN_MS ? 'live' : 'stale';
    case 'offline':
    case 'ended':
      return 'offline';
  }
}

export const words: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting',
  'catching-up': 'Catching up',
  live: 'Live',
  stale: 'Stale',
  offline: 'Offline',
  'signed-out': 'Signed out',
};
