/** Signing in and registering, made so that password managers fill them in. */
import { useState } from 'preact/hooks';
import { Field, Save, submitted } from '../parts/form.js';
import { useAction } from '../state/commands.js';
import { client } from '../state/live.js';
import { endedBecause, session, signIn, signUp } from '../state/session.js';

/** `isAgain`: above the page, for the user whose session ended. */
export function SignIn({ isAgain = false }: { isAgain?: boolean }) {
  const [isNew, setNew] = useState(false);
  return isAgain ? (
    <>
      <p>{endedBecause.value}</p>
      <SignInForm username={client.value?.store.user?.username ?? ''} />
    </>
  ) : (
    <main class="welcome">
      <div class="welcome-card">
        <h1>
          <Mark /> Alarms
        </h1>
        {endedBecause.value && <p class="note">{endedBecause.value}</p>}
        {isNew ? <RegisterForm /> : <SignInForm username="" />}
        <p class="welcome-foot">
          {isNew ? 'You have an account?' : 'No account yet?'}{' '}
          <button type="button" class="link" data-testid="register-link" onClick={() => setNew(!isNew)}>
            {isNew ? 'Sign in' : 'Register'}
          </button>
        </p>
      </div>
    </main>
  );
}

const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="7" />
    <path d="M6 21 12 15 17 19 27 9" />
  </svg>
);

interface CredentialsProps {
  readonly username: string;
  readonly setUsername: (username: string) => void;
  readonly password: string;
  readonly setPassword: (password: string) => void;
  /** Whether the password is being chosen: password managers then offer one. */
  readonly isNew?: boolean;
  /** The name is known: the password is asked for. */
  readonly isKnown?: boolean;
}

/** Name and password, as password managers know them. */
const CredentialFields = ({ isNew = false, isKnown = false, ...held }: CredentialsProps) => (
  <>
    <Field
      label="Username"
      name="username"
      autocomplete="username"
      autocapitalize="none"
      spellcheck={false}
      required
      autofocus={!isKnown}
      value={held.username}
      set={held.setUsername}
      testId="login-username"
    />
    <Field
      label="Password"
      name="password"
      type="password"
      autocomplete={isNew ? 'new-password' : 'current-password'}
      {...(isNew ? { minlength: 8 } : {})}
      required
      autofocus={isKnown}
      value={held.password}
      set={held.setPassword}
      testId="login-password"
      hint={isNew ? 'At least 8 characters, and none of the most common ones.' : undefined}
    />
  </>
);

function SignInForm({ username: known }: { username: string }) {
  const action = useAction();
  const [username, setUsername] = useState(known);
  const [password, setPassword] = useState('');
  return (
    <form class="form" onSubmit={submitted(() => action.run(() => signIn({ username, password })))}>
      <CredentialFields {...{ username, setUsername, password, setPassword }} isKnown={known !== ''} />
      <Save action={action} label="Sign in" testId="login-submit" />
    </form>
  );
}

function RegisterForm() {
  const action = useAction();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [needsCode, setNeedsCode] = useState(false);
  const run = (): Promise<boolean> =>
    action.run(async () => {
      try {
        await signUp({ username, password, ...(code === '' ? {} : { code: code.trim() }) });
      } catch (error) {
        if ((error as { code?: string }).code === 'registration_closed') setNeedsCode(true);
        throw error;
      }
    });
  return (
    <form class="form" onSubmit={submitted(run)}>
      <CredentialFields {...{ username, setUsername, password, setPassword }} isNew />
      {needsCode && <Field label="Code of an invitation" name="code" value={code} set={setCode} spellcheck={false} />}
      <Save action={action} label="Register" testId="login-submit" isOff={session.value !== undefined} />
    </form>
  );
}
