/** What a Qt client goes through with the real server, over HTTPS and WSS: each step checks what the client printed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../e2e/test-server.js';
import { ServerProcess } from '../process/server-process.js';
import { ClientProcess } from './client-process.js';
import { DeskOverHttps } from './desk-over-https.js';

/** The client's own 5 s, in milliseconds, less what its timer may be early (5 %) and what its lines may be late on a busy machine. */
const RECONNECT_MS = 4_000;

/** After one to two times this the client takes a silent server for dead, in seconds. */
const SILENCE_S = 5;

const PASSWORD = 'a password of the tests';

export interface Setting {
  /** Of the compiled example. */
  readonly program: string;
  /** Holds cert.pem, key.pem and the server's data. */
  readonly folder: string;
  readonly tell: (what: string) => void;
}

export class Story {
  readonly #setting: Setting;
  readonly #certificate: string;
  readonly #clients: ClientProcess[] = [];
  #port = 0;
  #server!: ServerProcess;
  #mary!: DeskOverHttps;
  #page = '';
  #alarm = '';

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#certificate = join(setting.folder, 'cert.pem');
  }

  /** Rejects at the first thing that is not as it should be. */
  async play(): Promise<void> {
    await this.#startServer();
    await this.#makePageAndAlarm();
    await this.#refusesAnUnknownCertificate();
    await this.#stopsWithABadToken();
    await this.#registers();
    await this.#sharePage();
    const client = this.#client(['--user', 'john', '--silence', String(SILENCE_S)], { ALARM_PASSWORD: PASSWORD });
    await this.#joins(client);
    await this.#triggers(client);
    await this.#acknowledges(client);
    await this.#hearsAnother(client);
    await this.#survivesARestart(client);
    await this.#growsThePage(client);
    await this.#survivesSilence(client);
    await this.#logsInAgain(client);
    await this.#quits(client);
    assert.equal((await this.#server.end('SIGTERM')).code, 0, 'the server ends well');
  }

  /** What every client has printed. */
  get printed(): string[] {
    return this.#clients.flatMap(({ lines }, at) => lines.map((line) => `client ${at + 1}: ${line}`));
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.kill();
    await this.#server?.end('SIGKILL');
  }

  async #startServer(more: Readonly<Record<string, string>> = {}): Promise<void> {
    const { folder } = this.#setting;
    this.#port ||= await freePort();
    const tls = { TLS_CERT_FILE: this.#certificate, TLS_KEY_FILE: join(folder, 'key.pem') };
    this.#server = new ServerProcess({
      dataDir: join(folder, 'data'),
      environment: { ...tls, PORT: String(this.#port), ...more },
    });
    await this.#server.ready();
  }

  #client(args: readonly string[], environment: Readonly<Record<string, string>>, trusts = true): ClientProcess {
    const client = new ClientProcess(
      this.#setting.program,
      [...(trusts ? ['--ca', this.#certificate] : []), ...args, this.#server.url],
      environment,
    );
    this.#clients.push(client);
    return client;
  }

  async #makePageAndAlarm(): Promise<void> {
    this.#mary = new DeskOverHttps(this.#server.url, readFileSync(this.#certificate));
    await this.#mary.send('POST', '/register', { username: 'mary', password: PASSWORD });
    await this.#mary.logIn('mary', PASSWORD);
    this.#page = (await this.#mary.send('POST', '/pages', { name: 'Alarms EUR/USD' })).id;
    this.#alarm = (
      await this.#mary.send('POST', `/pages/${this.#page}/alarms`, {
        ticker: 'EUR/USD',
        option: 'spot',
        condition: 'above',
      })
    ).id;
  }

  async #refusesAnUnknownCertificate(): Promise<void> {
    const client = this.#client([], { ALARM_TOKEN: 'none' }, false);
    await client.next(/^failed: .*certificate/);
    client.type('quit');
    assert.equal(await client.ended, 0);
    assert.ok(!client.lines.includes('connected'));
    this.#setting.tell('a certificate that nobody vouches for is refused');
  }

  async #stopsWithABadToken(): Promise<void> {
    const client = this.#client([], { ALARM_TOKEN: 'none' });
    await client.next(/^failed: .*401/);
    await client.next(/^stopped: the token is not taken$/);
    assert.equal(await client.ended, 1);
    this.#setting.tell('a token that the server refuses (401) ends the client');
  }

  async #registers(): Promise<void> {
    const client = this.#client(['--user', 'john', '--register'], { ALARM_PASSWORD: PASSWORD });
    await client.next(/^connected$/);
    const { user, pages, alarms } = await client.message('initial_state');
    assert.deepEqual([user.username, pages, alarms], ['john', [], []]);
    await this.#quits(client);
    this.#setting.tell('a user is registered over HTTPS, and sees nothing yet');
  }

  async #sharePage(): Promise<void> {
    const [john] = await this.#mary.send('GET', '/users?username=john');
    await this.#mary.send('POST', `/pages/${this.#page}/shares`, {
      subject_type: 'user',
      subject_id: john.id,
      can_view: true,
      can_edit: false,
    });
  }

  async #joins(client: ClientProcess): Promise<void> {
    await client.next(/^connected$/);
    const { alarms } = await client.message('initial_state');
    assert.deepEqual(alarms, [
      {
        id: this.#alarm,
        page_id: this.#page,
        ticker: 'EUR/USD',
        option: 'spot',
        condition: 'above',
        active: true,
        last_triggered: null,
      },
    ]);
    this.#setting.tell('connected, and initial_state has the alarm');
  }

  async #triggers(client: ClientProcess): Promise<void> {
    client.type(`trigger ${this.#alarm} 1.085`);
    const id = await this.#sent(client);
    const { action, alarm_id, data } = await client.message('alarm_update');
    assert.deepEqual([action, alarm_id, data.price], ['triggered', this.#alarm, 1.085]);
    assert.equal((await client.answer(id, 'success')).action, 'alarm_triggered');
    client.type('trigger nothing 1');
    assert.equal((await client.answer(await this.#sent(client), 'error')).code, 'not_found');
    this.#setting.tell(
      'its trigger is told as an alarm_update and answered with its id; one that cannot be is refused',
    );
  }

  /** Before another ticker, which ends the occurrence. */
  async #acknowledges(client: ClientProcess): Promise<void> {
    client.type(`ack ${this.#alarm} On it, says John.`);
    const id = await this.#sent(client, 'ack_alarm');
    const { change, comment, data } = await client.message('alarm_update');
    assert.deepEqual([change, comment, data.status.state], ['acknowledged', 'On it, says John.', 'acknowledged']);
    await client.next(new RegExp(`^status ${this.#alarm} acknowledged, 1 triggers, .*On it, says John\\.$`));
    assert.equal((await client.answer(id, 'success')).action, 'alarm_acknowledged');
    client.type(`ack ${this.#alarm}`);
    assert.equal((await client.answer(await this.#sent(client, 'ack_alarm'), 'error')).code, 'already_acknowledged');
    await this.#keepsTheAlarms(client);
    this.#setting.tell('it shows the status of an alarm, and acknowledges it with a comment: once');
  }

  async #hearsAnother(client: ClientProcess): Promise<void> {
    await this.#mary.send('PATCH', `/alarms/${this.#alarm}`, { ticker: 'EUR/GBP' });
    const { action, data } = await client.message('alarm_update');
    assert.deepEqual([action, data.ticker], ['updated', 'EUR/GBP']);
    await this.#keepsTheAlarms(client);
    this.#setting.tell('an update that another user made arrives');
  }

  /** On a page of one alarm its state is smaller than three triggers: they show by last_triggered. What was typed meanwhile is done. */
  async #survivesARestart(client: ClientProcess): Promise<void> {
    const ended = this.#server.end('SIGTERM');
    await client.next(/^closed 1001 /);
    const lostAt = performance.now();
    client.type(`trigger ${this.#alarm} 1.099`);
    const waiting = (await client.next(/^waits for a connection: trigger_alarm /)).split(' ').at(-1)!;
    await ended;
    const { seen, waited } = await this.#resumesAfter(client, lostAt, async () => {
      await this.#startServer();
      for (const price of [1.091, 1.092, 1.093]) await this.#trigger(price);
    });
    const meanwhile = seen
      .filter((line) => line.startsWith('triggered meanwhile '))
      .map((line) => JSON.parse(line.slice('triggered meanwhile '.length)).id);
    assert.deepEqual(
      meanwhile,
      [this.#alarm],
      'CLI-12 an alarm that was triggered meanwhile is told, once, where the state came',
    );
    await client.answer(waiting, 'success');
    await this.#keepsTheAlarms(client);
    this.#setting.tell(
      `the server was restarted: closed with 1001, resumed by itself after ${waited} s; triggers that were missed are told, the one typed meanwhile was done`,
    );
  }

  /** So that what is missed is smaller than the page's state. */
  async #growsThePage(client: ClientProcess): Promise<void> {
    for (let n = 0; n < 20; n++) {
      const alarm = {
        ticker: 'EUR/USD',
        option: 'spot',
        condition: `above, ${'with a long note on it, '.repeat(10)}${n}`,
      };
      await this.#mary.send('POST', `/pages/${this.#page}/alarms`, alarm);
      assert.equal((await client.message('alarm_update')).action, 'created');
    }
    await this.#keepsTheAlarms(client);
  }

  /** A trigger whose answer never came is sent again with its id. The server may have it twice, and it takes effect once. */
  async #survivesSilence(client: ClientProcess): Promise<void> {
    this.#server.signal('SIGSTOP');
    client.type(`trigger ${this.#alarm} 1.111`);
    const id = await this.#sent(client);
    await client.next(/^failed: nothing was received for too long$/);
    await client.next(/^closed 1000/);
    const { seen, waited } = await this.#resumesAfter(client, performance.now(), async () => {
      this.#server.signal('SIGCONT');
      for (const price of [1.121, 1.122, 1.123]) await this.#trigger(price);
    });
    const told = seen
      .filter((line) => line.startsWith('alarm_update '))
      .map((line) => JSON.parse(line.slice('alarm_update '.length)).data.price);
    assert.deepEqual(
      told.filter((price) => price > 1.12),
      [1.121, 1.122, 1.123],
      'CLI-12 each missed trigger is told, with its price, where the updates came',
    );
    await client.answer(id, 'success');
    await this.#keepsTheAlarms(client);
    const { events } = await this.#mary.send('GET', `/alarms/${this.#alarm}/events?limit=1000`);
    const prices = events
      .filter(({ type }: { type: string }) => type === 'AlarmTriggered')
      .map(({ data }: { data: { price: number } }) => data.price);
    assert.deepEqual(
      prices.sort(),
      [1.085, 1.091, 1.092, 1.093, 1.099, 1.111, 1.121, 1.122, 1.123],
      'CLI-12 each trigger took effect once',
    );
    this.#setting.tell(
      `the server fell silent: taken for dead, resumed after ${waited} s with each missed trigger; the unanswered one was sent again, and took effect once`,
    );
  }

  async #trigger(price: number): Promise<void> {
    await this.#mary.send('POST', `/alarms/${this.#alarm}/trigger`, { price });
  }

  /** The client is stopped while `happens`. Resolves to what it has printed by the end of its resume, and to its seconds from `since` to the connection. */
  async #resumesAfter(
    client: ClientProcess,
    since: number,
    happens: () => Promise<void>,
  ): Promise<{ seen: string[]; waited: string }> {
    client.pause();
    await happens();
    client.goOn();
    await client.next(/^connected$/);
    const waited = this.#waited(since);
    return { seen: await client.until(/^answers \S+ resumed /), waited };
  }

  async #logsInAgain(client: ClientProcess): Promise<void> {
    const ended = this.#server.end('SIGTERM');
    await client.next(/^closed 1001 /);
    await ended;
    await this.#startServer({ JWT_SECRET_KEY: 'another secret of the tests that is long enough as well' });
    await this.#mary.logIn('mary', PASSWORD);
    await client.next(/^the token has ended: logging in/);
    await client.next(/^answers \S+ resumed /);
    await this.#keepsTheAlarms(client);
    this.#setting.tell('its token was worthless after a restart: logged in again by itself');
  }

  #waited(since: number): string {
    const waited = performance.now() - since;
    assert.ok(waited >= RECONNECT_MS, `it waited ${waited} ms before it connected again`);
    return (waited / 1_000).toFixed(1);
  }

  /** The id of the command that was just typed. */
  async #sent(client: ClientProcess, type = 'trigger_alarm'): Promise<string> {
    return (await client.next(new RegExp(`^sent ${type} `))).slice(`sent ${type} `.length);
  }

  /** What the client keeps is what the server shows its user. */
  async #keepsTheAlarms(client: ClientProcess): Promise<void> {
    const { alarms } = await this.#mary.send('GET', `/pages/${this.#page}`);
    client.type('alarms');
    await client.next(new RegExp(`^alarms ${alarms.length}$`));
    const kept: { id: string }[] = [];
    for (const _ of alarms) kept.push(await client.message('alarm'));
    const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
    assert.deepEqual(kept.sort(byId), alarms.sort(byId));
  }

  async #quits(client: ClientProcess): Promise<void> {
    client.type('quit');
    await client.next(/^stopped 1000/);
    assert.equal(await client.ended, 0);
    this.#setting.tell('quits, exit code 0');
  }
}
