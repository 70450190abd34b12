/** Reconnects during the fuzz: dozens of sockets at a time connect, resume correctly or wrongly, and are cut in any state. */
import { Random } from '../crash/random.js';
import { textFrame } from './frames.js';
import { refusedAndGone } from './socket-cases.js';
import { SocketPeer } from './socket-peer.js';
import type { World } from './world.js';

/** Sockets of one storm. */
const SOCKETS = [10, 60] as const;
/** Every n-th is read and checked against the schemas; for the others only the connection counts. */
const READ_EACH = 6;
/** How long one waits for its state before it goes, at most, in ms. */
const PATIENCE_MS = 500;

/** One storm; gives what the server did wrong. */
export async function storm(port: number, random: Random, world: World): Promise<string[]> {
  const faults = await Promise.all(
    Array.from({ length: random.between(...SOCKETS) }, (_, n) =>
      comeAndGo(port, new Random(random.between(0, 2 ** 31)), world, n % READ_EACH === 0),
    ),
  );
  return faults.flat();
}

async function comeAndGo(port: number, random: Random, world: World, isRead: boolean): Promise<string[]> {
  const resumes = random.chance(0.6);
  const socket = new SocketPeer(port, `token=${random.among(world.tokens)}${resumes ? '&resume=1' : ''}`, world, {
    isRead,
  });
  const { peer } = socket;
  // Some are gone before they are there.
  if (random.chance(0.8) && (await socket.opened()) === 101) {
    if (resumes) peer.write(textFrame(Buffer.from(resume(random, world))));
    if (random.chance(0.2)) peer.write(refusedAndGone(random, world));
    if (random.chance(0.5))
      await Promise.race([
        socket.joined(),
        new Promise((resolve) => setTimeout(resolve, random.between(0, PATIENCE_MS))),
      ]);
  }
  if (random.chance(0.5)) peer.end();
  else peer.reset();
  socket.read();
  peer.reset();
  await peer.closed;
  return socket.faults;
}

/** With places that are right, too old, ahead of the page, or of nothing; now and then so many that reading them takes long. */
function resume(random: Random, world: World): string {
  const held: Record<string, number> = {};
  for (const page of world.pages) if (random.chance(0.6)) held[page] = random.between(0, 30);
  if (random.chance(0.15))
    for (let n = random.between(500, 5_000); n > 0; n--) held[random.uuid()] = random.between(-1, 3);
  return JSON.stringify({ type: 'resume', payload: { log: random.among(world.logs) ?? 'unknown', pages: held } });
}
