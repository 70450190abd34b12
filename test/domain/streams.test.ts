/** Which family a stream is of. */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import {
  credentialStream,
  deniedStream,
  familyOf,
  groupStream,
  idOf,
  invitationCodeStream,
  invitationStream,
  isPrivate,
  LOG_STREAM,
  pageStream,
  registeredFamily,
  resetStream,
  streamFamilies,
  textKeyStream,
  userStream,
} from '../../src/domain/streams.js';

t.test('LOG-38 a name that the server makes is of its family, and nothing else is', async (t) => {
  const id = randomUUID();
  const names: [string, keyof typeof streamFamilies, isPrivate: boolean][] = [
    [pageStream(id), 'page', false],
    [groupStream(id), 'group', false],
    [userStream(id), 'user', false],
    [credentialStream(id), 'credential', true],
    [resetStream(id), 'reset', true],
    [invitationStream(id), 'invitation', false],
    [deniedStream('2026-11-27', '0a1b2c3d'), 'denied', false],
    [textKeyStream(id), 'textkey', true],
    [invitationCodeStream(id), 'invitation-code', true],
    [LOG_STREAM, 'log', false],
  ];
  for (const [stream, name, hidden] of names) {
    t.equal(familyOf(stream), streamFamilies[name], stream);
    t.equal(registeredFamily(stream), streamFamilies[name]);
    t.equal(isPrivate(stream), hidden, `${stream}: ${hidden ? 'private' : 'public'}`);
    const { prefix, id: pattern } = streamFamilies[name];
    t.ok(stream.startsWith(prefix));
    if (pattern) t.match(stream.slice(prefix.length), new RegExp(`^${pattern}$`));
  }
  for (const stream of ['', 'pages', 'page', 'x-1', 'logs', 'log-1', '-1', `Page-${id}`]) {
    t.equal(familyOf(stream), undefined, stream);
    t.notOk(isPrivate(stream));
    t.throws(() => registeredFamily(stream), /No stream family is registered for .*src\/domain\/streams\.ts/);
  }
  t.equal(idOf(pageStream(id)), id);
  t.equal(streamFamilies.log.id, undefined);
  t.equal(streamFamilies.username.prefix, 'username-');
  t.match('a'.repeat(64), new RegExp(`^${streamFamilies.username.id}$`));
  const folded = Object.fromEntries(Object.entries(streamFamilies).map(([name, { foldedBy }]) => [name, foldedBy]));
  t.match(folded, { page: 'page', group: 'group', user: 'user', username: 'users', log: 'nothing' });
});
