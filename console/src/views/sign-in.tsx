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

function SignInForm({ username: known }: { username: string }) {
  const action = useAction();
  const [username, setUsername] = useState(known);
  const [password, setPassword] = useState('');
  return (
    <form class="form" onSubmit={submitted(() => action.run(() => signIn({ username, password })))}>
      <Field
        label="Username"
        name="username"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        required
        autofocus={known === ''}
        value={username}
        set={setUsername}
        testId="login-username"
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autocomplete="current-password"
        required
        autofocus={known !== ''}
        value={password}
        set={setPassword}
        testId="login-password"
      />
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
      <Field
        label="Username"
        name="username"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        required
        autofocus
        value={username}
        set={setUsername}
        testId="login-username"
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autocomplete="new-password"
        minlength={8}
        required
        value={password}
        set={setPassword}
        testId="login-password"
        hint="At least 8 characters, and none of the most common ones."
      />
      {needsCode && <Field label="Code of an invitation" name="code" value={code} set={setCode} spellcheck={false} />}
      <Save action={action} label="Register" testId="login-submit" isOff={session.value !== undefined} />
    </form>
  );
}
