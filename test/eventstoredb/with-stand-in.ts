/** Runs a command with a stand-in for EventStoreDB, whose address takes the place of `{url}` in its arguments; ends as it does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { StandIn } from './stand-in.js';

const [command, ...args] = process.argv.slice(2);
if (command === undefined)
  throw new Error('Name a command: with-stand-in.js node dist/bench/main.js --quick --event-store {url}');
const standIn = await StandIn.start();
const child = spawn(
  command,
  args.map((arg) => arg.replace('{url}', standIn.url)),
  { stdio: 'inherit' },
);
const [code] = (await once(child, 'exit')) as [number | null];
await standIn.stop();
process.exit(code ?? 1);
