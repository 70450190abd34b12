/** How fast a program reads all events of a long log, from its start, as NDJSON over one connection. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { writeHistory } from '../history.js';
import { SECRET, tokenOf, usersIn } from '../history-users.js';
import { rebuild } from '../rebuild-process.js';
import { ServerProcess } from '../server-process.js';

const NEWLINE = 10;

export interface ReadRate {
  readonly events: number;
  readonly perSecond: number;
  readonly megabytesPerSecond: number;
}

/** Makes a log of so many events below `parent`, whose two users see all pages, and reads it so often. */
export async function readRates(parent: string, events: number, rounds: number): Promise<ReadRate[]> {
  const folder = mkdtempSync(join(parent, 'feed-history-'));
  try {
    await writeHistory(folder, { events, pages: 100, alarms: 6_400, users: 2 });
    await rebuild(folder);
    const server = await ServerProcess.real(folder, { environment: { JWT_SECRET_KEY: SECRET } });
    try {
      const token = await tokenOf(usersIn(folder)[0]!.id, folder);
      const rates: ReadRate[] = [];
      for (let round = 0; round < rounds; round += 1) rates.push(await readAll(server.url, token));
      return rates;
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readAll(url: string, token: string): Promise<ReadRate> {
  const began = performance.now();
  const asked = request(`${url}/events?follow=1&after=start`, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/x-ndjson' },
    agent: false,
  });
  asked.end();
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`/events answered ${response.statusCode}`);
  let lines = 0;
  let bytes = 0;
  // The mark is the last line when everything was read.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1;
    if (chunk.subarray(-64).includes('"caught_up":true')) break;
  }
  const seconds = (performance.now() - began) / 1_000;
  asked.destroy();
  return { events: lines - 1, perSecond: (lines - 1) / seconds, megabytesPerSecond: bytes / 1e6 / seconds };
}
