/** `npm run admin -- …`: users, roles and sessions of the running server, without a login. */
import { parseArgs } from 'node:util';
import { rotateKeptSecret } from '../auth/secret.js';
import { nameKey } from '../auth/usernames.js';
import { environment, readConfig } from '../config.js';
import { connectTo, type ServerConnection } from './server-connection.js';
import { run, say } from './tool.js';

const HELP = `npm run admin -- COMMAND [--json] [--url URL]

Asks the running server, over HTTP, with a token of one minute that is signed with the server's secret: run it on the server's machine,
as the server's user, with its environment (DATA_DIR or JWT_SECRET_KEY, HOST, PORT). Each change is recorded as an event by "system", via "admin".

  user list [TEXT]           users, or those with TEXT in their names
  user add NAME              makes an account; its user sets the password with the code that is printed
  user reset NAME            prints a code for another password: once, within 24 hours
  user deactivate NAME       ends all that the user can do, on every node; nothing is deleted
  user reactivate NAME       brings it back
  user erase-texts NAME      erases all comments and notes that the user has written, for ever
  invite                     prints a code with which one account can be registered, where REGISTRATION is invite
  session list NAME          the user's sessions that were recorded
  session end NAME           ends all sessions of the user
  socket list                the open sockets of this node
  socket close ID            closes one; its session goes on
  secret rotate              puts a new secret before the one in DATA_DIR; it counts from the next start, and nobody is logged out
  user transfer NAME --to NAME
                             gives all pages and groups of a user to another one
  role list                  who has a role
  role grant NAME ROLE       makes a user an auditor or an operator
  role revoke NAME ROLE      takes that away

  --json                     prints the answer as JSON
  --url URL                  the server's address, if it differs from its settings
  --help                     prints this text

Exit status: 0 if the command succeeded, otherwise 1.
`;

interface Told {
  /** Of --json. */
  readonly facts: unknown;
  /** For a person. */
  readonly text: string;
}

type Command = (server: ServerConnection, args: readonly string[], to: string | undefined) => Promise<Told>;

interface Listed {
  readonly id: string;
  readonly username: string;
  readonly active: boolean;
  readonly roles: readonly string[];
  readonly [field: string]: unknown;
}

const commands: Readonly<Record<string, { readonly takes: string; readonly run: Command }>> = {
  'user list': {
    takes: '[TEXT]',
    run: async (server, [text]) => {
      const users = await usersWith(server, text);
      return {
        facts: { users },
        text: table(
          users.map(({ username, id, active, roles }) => [username, id, active ? '' : 'deactivated', roles.join(', ')]),
        ),
      };
    },
  },
  'user add': {
    takes: 'NAME',
    run: async (server, [username]) => {
      const facts = (await server.ask('POST', '/admin/users', { username })) as Record<string, string>;
      return { facts, text: codeText(facts) };
    },
  },
  'user reset': {
    takes: 'NAME',
    run: async (server, [name]) => {
      const { id, username } = await userNamed(server, name);
      const facts = (await server.ask('POST', `/admin/users/${id}/reset`)) as Record<string, string>;
      return { facts: { id, username, ...facts }, text: codeText({ username, ...facts }) };
    },
  },
  invite: {
    takes: '',
    run: async (server) => {
      const facts = (await server.ask('POST', '/admin/invitations')) as Record<string, string>;
      return { facts, text: `${facts['code']}\nis good for one POST /register, until ${facts['expires_at']}.` };
    },
  },
  'user deactivate': onUser('POST', '/deactivate', 'is deactivated now'),
  'user reactivate': onUser('POST', '/reactivate', 'is active now'),
  'user erase-texts': onUser('DELETE', '/texts', 'has no comments and notes any more: they are null everywhere'),
  'session list': {
    takes: 'NAME',
    run: async (server, [name]) => {
      const { id } = await userNamed(server, name);
      const facts = (await server.ask('GET', `/admin/users/${id}/sessions`)) as { sessions: Record<string, string>[] };
      return {
        facts,
        text: table(facts.sessions.map((session) => [session['id'], session['started_at'], session['until']])),
      };
    },
  },
  'session end': onUser('DELETE', '/sessions', 'has no session any more'),
  'socket list': {
    takes: '',
    run: async (server) => {
      const facts = (await server.ask('GET', '/admin/sockets')) as {
        sockets: (Record<string, string | number> & { user: { username: string } })[];
      };
      return {
        facts,
        text: table(
          facts.sockets.map(({ id, user, address, since, backlog_bytes, client }) => [
            id,
            user.username,
            address,
            since,
            backlog_bytes,
            client,
          ]),
        ),
      };
    },
  },
  'socket close': {
    takes: 'ID',
    run: async (server, [id]) => {
      await server.ask('DELETE', `/admin/sockets/${encodeURIComponent(id ?? '')}`);
      return { facts: { id }, text: 'It is closed.' };
    },
  },
  'user transfer': {
    takes: 'NAME',
    run: async (server, [name], to) => {
      if (to === undefined) throw new Error('user transfer takes NAME --to NAME.');
      const [from, taker] = [await userNamed(server, name), await userNamed(server, to)];
      const done = (await server.ask('POST', `/admin/users/${from.id}/transfer`, { to: taker.id })) as {
        pages: number;
        groups: number;
      };
      return {
        facts: { id: from.id, to: taker.id, ...done },
        text: `${taker.username} now owns ${done.pages} pages and ${done.groups} groups of ${from.username}.`,
      };
    },
  },
  'role list': {
    takes: '',
    run: async (server) => {
      const facts = (await server.ask('GET', '/admin/roles')) as { roles: Record<string, string>[] };
      return {
        facts,
        text: table(
          facts.roles.map(({ username, role, granted_at, granted_by }) => [username, role, granted_at, granted_by]),
        ),
      };
    },
  },
  'role grant': {
    takes: 'NAME ROLE',
    run: async (server, [name, role]) => {
      const user = await userNamed(server, name);
      await server.ask('POST', `/admin/users/${user.id}/roles`, { role });
      return { facts: { id: user.id, username: user.username, role }, text: `${user.username} is ${role} now.` };
    },
  },
  'role revoke': {
    takes: 'NAME ROLE',
    run: async (server, [name, role]) => {
      const user = await userNamed(server, name);
      await server.ask('DELETE', `/admin/users/${user.id}/roles/${encodeURIComponent(role ?? '')}`);
      return {
        facts: { id: user.id, username: user.username, role },
        text: `${user.username} is not ${role} any more.`,
      };
    },
  },
};

/** What is done to one user, and answered with nothing. `path` is behind the user's. */
function onUser(method: string, path: string, done: string): { readonly takes: string; readonly run: Command } {
  return {
    takes: 'NAME',
    run: async (server, [name]) => {
      const { id, username } = await userNamed(server, name);
      await server.ask(method, `/admin/users/${id}${path}`);
      return { facts: { id, username }, text: `${username} ${done}.` };
    },
  };
}

const codeText = ({ username, code, expires_at }: Record<string, string>): string =>
  `${code}\nis the code of ${username} for POST /password/reset: once, until ${expires_at}.`;

async function usersWith(server: ServerConnection, text: string | undefined): Promise<Listed[]> {
  const found: Listed[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const query = new URLSearchParams({ limit: '1000' });
    if (text !== undefined) query.set('q', text);
    if (after !== undefined) query.set('after', after);
    const page = (await server.ask('GET', `/admin/users?${query}`)) as { users: Listed[]; next: string | null };
    found.push(...page.users);
    after = page.next;
  }
  return found;
}

async function userNamed(server: ServerConnection, name = ''): Promise<Listed> {
  const user = (await usersWith(server, name)).find(({ username }) => nameKey(username) === nameKey(name));
  if (!user) throw new Error(`There is no user with the name ${name}.`);
  return user;
}

/** Rows as aligned columns. */
function table(rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) => row.map((cell) => String(cell ?? '')));
  const widths = cells[0]?.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0))) ?? [];
  return cells
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Of no concern to the server before its next start. */
function rotate(asJson: boolean): number {
  const { jwtSecret: configured, dataDir } = readConfig(environment());
  const file = rotateKeptSecret({ configured, dataDir });
  say(
    asJson
      ? JSON.stringify({ file })
      : `${file} begins with a new secret. Restart the server: it signs with that one and accepts tokens of both. Do the same again when the longest session is over (SESSION_EXPIRE_DAYS), and the old one is gone.`,
  );
  return 0;
}

async function admin(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { to: { type: 'string' }, json: { type: 'boolean' }, url: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help || positionals.length === 0) return (say(HELP), values.help ? 0 : 1);
  // Most commands have two words.
  const words = commands[positionals[0] ?? ''] ? 1 : 2;
  const name = positionals.slice(0, words).join(' ');
  const args = positionals.slice(words);
  if (name === 'secret rotate') return rotate(values.json === true);
  const command = commands[name];
  if (!command) throw new Error(`There is no command ${name}; --help lists what there is.`);
  const takes = command.takes.split(' ').filter((word) => word !== '');
  const needed = takes.filter((word) => !word.startsWith('['));
  if (args.length < needed.length || args.length > takes.length)
    throw new Error(`${name} takes ${command.takes === '' ? 'nothing more' : command.takes}.`);
  const config = readConfig(environment());
  const told = await command.run(connectTo(config, values.url), args, values.to);
  const text = values.json ? JSON.stringify(told.facts) : told.text;
  if (text !== '') say(text);
  return 0;
}

run(admin, 'It was not done.', 1);
