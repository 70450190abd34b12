/** Attacks on a server with default limits, one after the other, each on a server of its own: calm, preparation, attack. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { login, register, request } from '@alarm-server/client';
import { nowUs } from '../clock.js';
import { registerFrom } from './accounts.js';
import type { FromAttacker, ToAttacker } from './attack-process.js';
import type { AttackSettings } from './attacker.js';
import { attacksNamed, TOGETHER } from './attacks.js';
import { type AttackResult, faultsOf, type HostileOptions } from './hostile-result.js';
import { Newcomer } from './newcomer.js';
import { Probe, type ProbeAccount } from './probe.js';
import { ServerUnderAttack } from './server-under-attack.js';

/** The attacker's address; everyone else comes from 127.0.0.1. */
const HOSTILE_ADDRESS = '127.0.0.66';
const LOOK_MS = 100;
/** How long an attack may take to end after its time, in s. */
const END_S = 60;
const MB = 1024 * 1024;

export async function runHostile(
  options: HostileOptions,
  watch: { progress(line: string): void },
): Promise<AttackResult[]> {
  const results: AttackResult[] = [];
  for (const name of options.names) {
    watch.progress(
      `${name}: ${options.calm} s calm, up to ${options.prepare} s of preparation, ${options.duration} s of attack`,
    );
    const result = await runAttack(name, options);
    watch.progress(result.faults.length === 0 ? `${name}: held` : `${name}: ${result.faults.join('; ')}`);
    results.push(result);
  }
  return results;
}

async function runAttack(name: string, options: HostileOptions): Promise<AttackResult> {
  const attacks = attacksNamed(name)!;
  // All together run against a server with its defaults.
  const { descriptors, heapMb } = name === TOGETHER ? {} : attacks[0]!;
  const server = await ServerUnderAttack.start({ script: options.server, descriptors, heapMb });
  const diskBefore = server.diskBytes();
  let attacker: ChildProcess | undefined;
  let probe: Probe | undefined;
  try {
    const { url } = server;
    const visitor = {
      username: `visitor-${randomBytes(6).toString('hex')}`,
      password: randomBytes(12).toString('base64url'),
    };
    await register(url, visitor);
    const victim = await probeAccount(url);
    const accomplices = Math.max(...attacks.map((attack) => attack.accomplices ?? 1));
    const [account, ...others] = await registerFrom(url, HOSTILE_ADDRESS, 1 + accomplices);
    probe = new Probe(url, victim);
    await probe.start();
    await pause(1_000);
    probe.window();
    await pause(options.calm * 1_000);
    const calm = probe.window().latency;

    attacker = fork(new URL('attack-process.js', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const settings: AttackSettings = {
      url,
      localAddress: HOSTILE_ADDRESS,
      account: account!,
      accomplices: others,
      victimId: victim.id,
      prepareS: options.prepare,
      durationS: options.duration,
    };
    await ask(attacker, { kind: 'prepare', name, settings }, 'prepared', 3 * options.prepare + END_S);
    const before = server.rss() ?? NaN;
    let max = before;
    const looking = setInterval(() => (max = Math.max(max, server.rss() ?? 0)), LOOK_MS);
    probe.window();
    const began = nowUs();
    const logins = new Newcomer(url, visitor).visit(options.duration);
    const answers = await ask(attacker, { kind: 'attack' }, 'done', options.duration + END_S);
    // A probe that is not answered by now has waited until now.
    const attackedFor = (nowUs() - began) / 1e6;
    const { latency: attacked, refused, cuts } = probe.window();
    clearInterval(looking);
    const found = {
      attack: name,
      found: name === TOGETHER ? 'all of them by one user at the same time' : attacks[0]!.found,
      calm,
      attacked,
      ratio: attacked.p50_us / calm.p50_us,
      probe_refused: refused,
      probe_cuts: cuts,
      logins: await logins,
      rss_mb: { before: before / MB, max: max / MB },
      disk_mb: (server.diskBytes() - diskBefore) / MB,
      answers: [
        ...answers,
        ...(attackedFor > options.duration + END_S / 2
          ? [['the attack did not end by itself', 1] as [string, number]]
          : []),
      ],
      server_ended: server.end,
    };
    return { ...found, faults: faultsOf(found, options) };
  } finally {
    probe?.stop();
    attacker?.kill('SIGKILL');
    await server.stop();
  }
}

/** An account with a page, and on it the alarm that is triggered. */
async function probeAccount(url: string): Promise<ProbeAccount & { id: string }> {
  const credentials = {
    username: `probe-${randomBytes(6).toString('hex')}`,
    password: randomBytes(12).toString('base64url'),
  };
  const { id } = await register(url, credentials);
  const token = await login(url, credentials);
  const { data: page } = await request<{ id: string }>(url, 'POST', '/pages', { token, body: { name: 'Probe' } });
  const { data: alarm } = await request<{ id: string }>(url, 'POST', `/pages/${page.id}/alarms`, {
    token,
    body: { ticker: 'EUR/USD', option: 'spot', condition: 'above' },
  });
  return { id, token, alarmId: alarm.id };
}

/** Its answers when it reports, or when `seconds` are over or it has ended. */
async function ask(
  attacker: ChildProcess,
  message: ToAttacker,
  kind: 'prepared' | 'done',
  seconds: number,
): Promise<[string, number][]> {
  attacker.send(message);
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<[string, number][]>(
    (resolve) => (timer = setTimeout(() => resolve([['the attacker got no end', 1]]), seconds * 1_000)),
  );
  const ended = once(attacker, 'exit').then((): [string, number][] => [['the attacker ended', 1]]);
  const said = (async () => {
    for (;;) {
      const [told] = (await once(attacker, 'message')) as [FromAttacker];
      if (told.kind === 'failed') throw new Error(`the attack could not be made: ${told.why}`);
      if (told.kind === kind) return told.tally;
    }
  })();
  try {
    return await Promise.race([said, ended, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
