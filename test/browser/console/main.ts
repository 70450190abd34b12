/**
 * The console in a real browser: npm run test:console, or with names of stories as arguments to play those alone.
 *
 * Each story has a server of its own. Needs chromium (Debian's package; CHROMIUM names another one). Says what it saw; exits with 1 where that is not right.
 */

import { alarms } from './alarms.js';
import { audit } from './audit.js';
import { choosing } from './choosing.js';
import { comments } from './comments.js';
import { cuts } from './cuts.js';
import { desk } from './desk.js';
import { expiry, TOKEN_EXPIRE_MINUTES } from './expiry.js';
import { handling } from './handling.js';
import { hidden } from './hidden.js';
import { lists } from './lists.js';
import { load } from './load.js';
import { looks } from './looks.js';
import { operations } from './operations.js';
import { outages } from './outages.js';
import { programs } from './programs.js';
import { sharing } from './sharing.js';
import type { Stage } from './stage.js';
import { launch, startStage } from './stage.js';
import { webhooks } from './webhooks.js';

interface Story {
  readonly rule: string;
  readonly play: (stage: Stage, tell: (what: string) => void) => Promise<void>;
  /** Of the server. */
  readonly environment?: Record<string, string>;
  readonly deadlineMs?: number;
}

const stories: Readonly<Record<string, Story>> = {
  alarms: { rule: 'CON-3 pages and alarms, without a request to others, an error, or a finding of axe', play: alarms },
  sharing: { rule: 'CON-4 groups, sharing, history, the page as it was, exports, revocation', play: sharing },
  handling: {
    rule: 'CON-8 triggers are acknowledged, taken back, cleared, assigned and snoozed; everything by keyboard alone',
    play: handling,
  },
  choosing: {
    rule: 'CON-15 several alarms are chosen and handled at once, all of a page with one command; settings are changed',
    play: choosing,
  },
  desk: {
    rule: 'CON-4 CON-8 CON-17 two people, two browsers, and the load tool: everything about a trigger, and a revocation meanwhile',
    play: desk,
  },
  comments: {
    rule: 'CON-17 CON-19 notes and comments: written, seen by the others at once, in the history, and erased; somebody without a name',
    play: comments,
  },
  outages: {
    rule: 'CON-5 an edit survives a killed server, one that stands still, and the end of the session',
    play: outages,
  },
  expiry: {
    rule: 'CON-5 a token is renewed before it ends, and one that ended out of reach asks for the password: no edit is lost',
    play: expiry,
    environment: { TOKEN_EXPIRE_MINUTES: String(TOKEN_EXPIRE_MINUTES) },
  },
  cuts: { rule: "CON-10 after 20 cuts, and after a tab stood still, the rows are the server's", play: cuts },
  hidden: { rule: 'CON-10 a tab that was hidden for ten minutes counts, and comes back by itself', play: hidden },
  looks: {
    rule: 'CON-11 every view at 320 px, at 200 % and wide, in light and dark: nothing is cut off, axe finds nothing, no colour is the only sign',
    play: looks,
    deadlineMs: 900_000,
  },
  lists: {
    rule: 'CON-12 whatever is loaded says that it is empty, loading, or could not be read, and is read again on demand',
    play: lists,
    deadlineMs: 900_000,
  },
  programs: {
    rule: 'CON-13 access tokens are made, shown once and ended; subscriptions say how far they are behind',
    play: programs,
  },
  webhooks: {
    rule: 'CON-16 webhooks: how they are doing, their tries, another secret, resumed and ended',
    play: webhooks,
  },
  operations: { rule: 'CON-9 CON-14 operators: figures, users, sessions, sockets', play: operations },
  audit: {
    rule: 'CON-18 auditors: pages and access as of a moment, changes of access, what was denied, the checkpoint',
    play: audit,
  },
  load: { rule: 'CON-7 5,000 alarms and 500 updates a second: quick, bounded, flat', play: load },
};

/** Of a story that names none, in milliseconds. */
const DEADLINE_MS = 300_000;
const startedAt = performance.now();
const tell = (what: string): void =>
  console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${what}`);

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(stories, name));
if (unknown.length > 0) {
  console.error(`There is no story ${unknown.join(', ')}: there are ${Object.keys(stories).join(', ')}`);
  process.exit(2);
}
const browser = await launch();
tell(`chromium ${browser.version()}`);
for (const [name, { rule, play, environment, deadlineMs = DEADLINE_MS }] of Object.entries(stories)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  tell(`== ${name}`);
  const stage = await startStage(browser, environment);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    await Promise.race([play(stage, tell), late]);
    console.log(rule);
  } catch (error) {
    console.error(`${name} FAILED`, error);
    process.exitCode = 1;
  } finally {
    clearTimeout(timer);
    await stage.end();
  }
}
await browser.close();
// What a story that failed has left open must not keep the process.
process.exit();
