/** A clock that was wrong, over restarts of the whole server. */
import { pino } from 'pino';
import t from 'tap';
import { startApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { pageStream } from '../../src/domain/streams.js';
import { NO_STREAM } from '../../src/log/event-log.js';
import { newEvent } from '../commands/wayward-log.js';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { person, startServer } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

t.test(
  'LOG-24 what was written while the clock was 30 hours ahead refuses a start until it is accepted; time then goes on from there, and ids stay known',
  async (t) => {
    const dataDir = temporaryFolder(t);
    const first = await startServer(t, { dataDir, environment: { EVENT_STORE: '' } });
    const owner = await person(t, first.url, 'owner');
    const desk = await sitDown(t, first, owner);
    const { data: page } = await desk.must('create_page', { name: 'Desk' }, 'a page');
    const { data: alarm, seq } = await desk.must('create_alarm', alarmOn(page.id), 'an alarm');
    const ahead = new Date(Date.now() + 30 * 3_600_000).toISOString();
    await first.app.log.append(pageStream('elsewhere'), NO_STREAM, [
      newEvent(owner.id, { type: 'PageCreated', data: { name: 'Later', owner_id: owner.id } }, { at: ahead }),
    ]);
    const trigger = await desk.must('trigger_alarm', { alarm_id: alarm.id, price: 1 });
    const { json: history } = await desk.http('GET', `/pages/${page.id}/events?after_seq=${trigger.seq - 1}`);
    t.ok(history.events[0].at >= ahead, 'what comes behind it is not before it', history.events[0]);
    await first.app.stop();

    const refused = await ServerProcess.run({ dataDir });
    t.equal(refused.code, 1);
    t.match(refused.stderr, /clock shows .*the newest event in the log is of .*1800 minutes later.*--accept-clock/);

    const accepted = await ServerProcess.start({
      dataDir,
      args: ['--accept-clock'],
      environment: { JWT_SECRET_KEY: '' },
    });
    t.teardown(() => accepted.end('SIGKILL'));
    const again = await sitDown(t, accepted, owner);
    t.equal((await again.must('create_alarm', alarmOn(page.id), 'an alarm')).seq, seq, 'the id is known');
    const { seq: later } = await again.must('trigger_alarm', { alarm_id: alarm.id, price: 2 });
    const { json } = await again.http('GET', `/pages/${page.id}/events?after_seq=${later - 2}`);
    t.ok(
      json.events[1].at >= json.events[0].at && json.events[1].at > ahead,
      'time has not gone back over the restart',
      json.events,
    );
    t.match((await accepted.end('SIGTERM')).stdout, /clock is behind the newest event in the log/);

    const unknown = await ServerProcess.run({ dataDir, args: ['--acept-clock'] });
    t.match(unknown, { code: 1, stderr: /Unknown option '--acept-clock'/ });
    await t.rejects(
      startApp(
        readConfig({ HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent' }),
        pino({ level: 'silent' }),
        () => undefined,
      ),
      /--accept-clock/,
    );
  },
);
