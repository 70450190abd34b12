/** The load tool's entry: `npm run load -- --help`. Progress goes to stderr, the result to stdout. */
import { writeFileSync } from 'node:fs';
import { anyFault } from './faults.js';
import { runHostile } from './hostile/hostile.js';
import { hostileAsText } from './hostile/hostile-result.js';
import { limitMet } from './limit-met.js';
import { help, type Invocation, readOptions, UsageError } from './options.js';
import { asText, type Findings } from './result.js';
import { runLoad } from './run.js';
import { runStoppedReader } from './stopped-reader.js';
import { stoppedReaderAsText } from './stopped-reader-result.js';
import { runStorm } from './storm.js';
import { stormAsText } from './storm-result.js';

async function main({ options, storm, stoppedReader, hostile, json }: Invocation): Promise<number> {
  const watch = { progress: (line: string) => console.error(line) };
  if (hostile) {
    const results = await runHostile(hostile, watch);
    show(results, hostileAsText, json);
    return results.some(({ faults }) => faults.length > 0) ? 1 : 0;
  }
  if (storm) return report(await runStorm(options, storm, watch), stormAsText, json);
  if (stoppedReader) return report(await runStoppedReader(options, stoppedReader, watch), stoppedReaderAsText, json);
  return report(await runLoad(options, watch), asText, json);
}

function report<R extends Findings>(result: R, asText: (result: R) => string, json: string | undefined): number {
  show(result, asText, json);
  return anyFault(result.faults) ? 1 : 0;
}

function show<R>(result: R, asText: (result: R) => string, json: string | undefined): void {
  const asJson = `${JSON.stringify(result, null, 2)}\n`;
  if (json === '-') process.stdout.write(asJson);
  else {
    process.stdout.write(asText(result));
    if (json !== undefined) writeFileSync(json, asJson);
  }
}

try {
  const invocation = readOptions(process.argv.slice(2));
  if (invocation === 'help') process.stdout.write(help);
  else process.exitCode = await main(invocation);
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\nSee --help.`);
  else {
    const limit = limitMet(
      `${(error as { status?: number }).status ?? ''} ${(error as { code?: string }).code ?? ''} ${reasons(error)}`,
    );
    console.error(
      `The run could not be made: ${reasons(error)}${limit === undefined ? '' : `\nThat is because ${limit}`}`,
    );
  }
  process.exitCode = 2;
}

/** An error's message and those of its causes: fetch says only in its cause that nobody listens. */
function reasons(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${reasons(cause)}` : message;
}
