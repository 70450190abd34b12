/**
 * What goes over sockets in a real story, against the document that a client's author reads: every message, in both directions, is valid
 * against the schema of its type in /asyncapi.json. And the document's schemas are schemas.
 */
import { Ajv, type ValidateFunction } from 'ajv';
import t, { type Test } from 'tap';
import { type Line, openStream } from '../http/event-stream-client.js';
import { request } from './http-requests.js';
import { openRaw, type RawSocket } from './raw-socket.js';
import { PASSWORD, type Person, startServer, type TestServer } from './test-server.js';

interface Documented {
  readonly name: string;
  readonly isFromServer: boolean;
  readonly fits: ValidateFunction;
}

/** The messages of the document, each with its schema compiled. Compiling checks the schema against JSON Schema draft 7. */
function documentedIn(document: any): Map<string, Documented> {
  const ajv = new Ajv({ strict: true, allErrors: true, formats: { 'date-time': isMoment } });
  // Words of OpenAPI that describe and constrain nothing.
  ajv.addKeyword('example');
  const named = (operation: string): string[] =>
    document.operations[operation].messages.map(({ $ref }: { $ref: string }) => $ref.split('/').at(-1));
  return new Map(
    (['push', 'command'] as const).flatMap((operation) =>
      named(operation).map((name) => [
        name,
        {
          name,
          isFromServer: operation === 'push',
          fits: ajv.compile(document.channels.socket.messages[name].payload),
        },
      ]),
    ),
  );
}

/** What fits a line of a stream of events: by type of record, `mark` and `scope`. */
function documentedLines(document: any): (line: Line) => string | undefined {
  const ajv = new Ajv({ strict: true, allErrors: true, formats: { 'date-time': isMoment } });
  ajv.addKeyword('example');
  const { messages } = document.channels.events;
  const fits = new Map(Object.entries<any>(messages).map(([name, { payload }]) => [name, ajv.compile(payload)]));
  return (line) => {
    const name = line.mark ? 'mark' : line.scope ? 'scope' : (line.type ?? '');
    return fits.get(name)?.(line) ? name : undefined;
  };
}

/** RFC 3339, as the protocol writes it. */
const isMoment = (text: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text);

/** All that went over the sockets of a test. */
class Recording {
  readonly received: string[] = [];
  readonly sent: string[] = [];
  readonly #sockets: RawSocket[] = [];

  async open(t: Test, server: TestServer, person: Pick<Person, 'token'>, query = ''): Promise<RawSocket> {
    const raw = await openRaw(t, server.url, `${person.token}${query}`);
    this.#sockets.push(raw);
    return {
      ...raw,
      send: (message) => {
        this.sent.push(typeof message === 'string' ? message : JSON.stringify(message));
        raw.send(message);
      },
    };
  }

  gather(): void {
    this.received.push(...this.#sockets.flatMap(({ texts }) => texts));
  }
}

t.test(
  'DOC-3 FEED-14 every message and every line of a stream of a real story is valid against /asyncapi.json, and every kind of message is in it',
  async (t) => {
    const server = await startServer(t);
    const { json: document } = await request(server.url, 'GET', '/asyncapi.json');
    const documented = documentedIn(document);
    const [john, mary] = [await server.person('john'), await server.person('mary')];
    const http = (person: Pick<Person, 'token'>, method: string, path: string, body?: unknown) =>
      request(server.url, method, path, { token: person.token, ...(body === undefined ? {} : { body }) });
    const recording = new Recording();
    const desk = await recording.open(t, server, john);
    const viewer = await recording.open(t, server, mary);
    const [lines, messages] = [
      await openStream(t, server.url, john.token),
      await openStream(t, server.url, mary.token, '', { Accept: 'text/event-stream' }),
    ];
    const { log } = (await desk.next('initial_state')).payload;
    await viewer.next('initial_state');
    let commands = 0;
    const must = async (socket: RawSocket, type: string, payload: unknown): Promise<any> => {
      const id = `command ${commands++}`;
      socket.send({ type, id, payload });
      return (await socket.next('success', (message) => message.id === id)).payload.data;
    };
    const refused = async (
      socket: RawSocket,
      message: { readonly type: string; readonly id: string; readonly payload: unknown },
    ): Promise<string> => {
      socket.send(message);
      return (await socket.next('error', ({ id }) => id === message.id)).payload.code;
    };

    // Create, share, trigger, rename, delete.
    const page = await must(desk, 'create_page', { name: 'Spot 📈' });
    const other = await must(desk, 'create_page', { name: 'Forward' });
    const alarm = { page_id: page.id, ticker: 'EUR/USD', option: 'spot', condition: 'above' };
    const first = await must(desk, 'create_alarm', alarm);
    const second = await must(desk, 'create_alarm', { ...alarm, option: '', condition: '' });
    const grant = { page_id: page.id, subject_type: 'user', subject_id: mary.id, can_view: true, can_edit: false };
    await must(desk, 'share_page', grant);
    await viewer.next('page_added');
    const { status } = await must(viewer, 'trigger_alarm', { alarm_id: first.id, price: -0.25 });
    await must(viewer, 'assign_alarm', { alarm_id: first.id, user_id: mary.id });
    await must(viewer, 'comment_alarm', { alarm_id: first.id, text: 'Spread is back.\nLeave it.' });
    await must(viewer, 'ack_alarm', { alarm_id: first.id, upto: status.last_seq, comment: 'On it.' });
    await must(viewer, 'unack_alarm', { alarm_id: first.id });
    await must(desk, 'snooze_alarm', { alarm_id: first.id, for_s: 60 });
    await must(desk, 'unsnooze_alarm', { alarm_id: first.id });
    await must(viewer, 'ack_page', { page_id: page.id, upto: status.last_seq, comment: 'All of it.' });
    await must(desk, 'clear_alarm', { alarm_id: first.id });
    await must(desk, 'update_alarm', { alarm_id: first.id, active: false });
    await must(desk, 'rename_page', { page_id: page.id, name: 'Spot' });
    await must(desk, 'delete_alarm', { alarm_id: second.id });

    // Errors: of rights, of the target, of the form, of the type, and of what is no JSON.
    t.equal(
      await refused(viewer, { type: 'delete_page', id: 'e1', payload: { page_id: page.id } }),
      'permission_denied',
    );
    t.equal(await refused(viewer, { type: 'delete_page', id: 'e2', payload: { page_id: other.id } }), 'not_found');
    t.equal(
      await refused(viewer, { type: 'trigger_alarm', id: 'e3', payload: { alarm_id: first.id, price: 1 } }),
      'alarm_inactive',
    );
    t.equal(
      await refused(viewer, { type: 'sync', id: 'e4', payload: { page_id: page.id, seq: -1 } }),
      'invalid_message',
    );
    t.equal(
      await refused(viewer, { type: 'trigger_alarm', id: 'e5', payload: { alarm_id: first.id, price: '1' } }),
      'invalid_message',
    );
    t.equal(await refused(viewer, { type: 'refresh', id: 'e6', payload: { token: 'none' } }), 'token_refused');
    viewer.send('{');
    await viewer.next('error', ({ payload }) => payload.code === 'invalid_json');

    // Rights by a group, leaving, revocation.
    const group = (await http(john, 'POST', '/groups', { name: 'Desk Euro' })).json;
    await must(desk, 'share_page', { ...grant, subject_type: 'group', subject_id: group.id, can_edit: true });
    await http(john, 'POST', `/groups/${group.id}/members/${mary.id}`);
    await viewer.next('page_rights');
    await http(john, 'DELETE', `/groups/${group.id}/members/${mary.id}`);
    await must(viewer, 'leave_page', { page_id: page.id });
    await viewer.next('page_removed');
    await must(desk, 'share_page', { ...grant, can_edit: true });
    await must(desk, 'share_page', { ...grant, can_view: false });
    await viewer.next('page_removed');
    await must(desk, 'share_page', grant);

    // Resuming: with updates, with a whole page, with a page that is gone, and with another log. Syncing.
    const resumed = async (held: object, id?: string) => {
      const socket = await recording.open(t, server, mary, '&resume=1');
      socket.send({ type: 'resume', ...(id === undefined ? {} : { id }), payload: { log, pages: {}, ...held } });
      return socket;
    };
    await must(desk, 'create_alarm', alarm);
    await (await resumed({ pages: { [page.id]: 1, [other.id]: 0 } }, 'r1')).next('resumed', ({ id }) => id === 'r1');
    await (await resumed({ pages: {} })).next('resumed');
    await (await resumed({ log: 'another' }, 'r2')).next('initial_state', ({ id }) => id === 'r2');
    for (const seq of [1, 1_000]) {
      viewer.send({ type: 'sync', id: `s${seq}`, payload: { page_id: page.id, seq } });
      await viewer.next('page_state', ({ id }) => id === `s${seq}`);
    }

    // A changed password: the session's sockets are told, and go on with the new token.
    const changed = await http(mary, 'POST', '/password', { old: PASSWORD, new: `${PASSWORD}, changed` });
    await viewer.next('token_expiring');
    await must(viewer, 'refresh', { token: changed.json.access_token });

    await must(desk, 'transfer_page', { page_id: page.id, to: mary.id });
    await must(desk, 'delete_page', { page_id: other.id });
    await server.app.stop();
    await viewer.next('draining');
    await viewer.closed;
    recording.gather();

    const nameOf = documentedLines(document);
    const told = new Set<string | undefined>();
    for (const line of [...lines.lines, ...messages.lines]) {
      told.add(nameOf(line));
      t.ok(nameOf(line), 'a line of a stream fits', line);
    }
    for (const name of [
      'mark',
      'scope',
      'PageCreated',
      'PageShared',
      'PageAcknowledged',
      'AlarmTriggered',
      'AlarmUnsnoozed',
    ])
      t.ok(told.has(name), `${name} was told`);

    const seen = new Set<string>();
    for (const text of recording.received) {
      const message = JSON.parse(text);
      const { fits, isFromServer } = documented.get(message.type)!;
      seen.add(message.type);
      t.ok(isFromServer && fits(message), `${message.type} of the server fits`, { text, errors: fits.errors });
    }
    const badlyFormed = new Set(['e4', 'e5']);
    for (const text of recording.sent.filter((text) => text !== '{')) {
      const message = JSON.parse(text);
      const { fits, isFromServer } = documented.get(message.type)!;
      seen.add(message.type);
      t.equal(!isFromServer && fits(message), !badlyFormed.has(message.id), `${message.type} of a client`, {
        text,
        errors: fits.errors,
      });
    }
    t.same(
      [...documented.keys()].filter((name) => !seen.has(name)),
      [],
      'every documented message was in the story',
    );
  },
);
