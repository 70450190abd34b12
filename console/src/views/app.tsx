/** What is shown: the sign-in for whoever is nobody yet, and the frame for everybody else. */

import { Dialog } from '../parts/dialog.js';
import { client, store } from '../state/live.js';
import { endedBecause, session } from '../state/session.js';
import { Frame } from './frame.js';
import { SignIn } from './sign-in.js';

export function App() {
  const isSignedIn = session.value !== undefined;
  const wasSignedIn = endedBecause.value !== undefined && client.value !== undefined && store.value !== undefined;
  if (!isSignedIn && !wasSignedIn) return <SignIn />;
  return (
    <>
      <Frame />
      {!isSignedIn && (
        <Dialog title="Sign in again">
          <SignIn isAgain />
        </Dialog>
      )}
    </>
  );
}
