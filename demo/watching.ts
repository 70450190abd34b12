/** Watching the demo in the console: says where and as whom, and waits for Enter. */
import { createInterface } from 'node:readline/promises';
import type { Watching } from './story.js';

export function watchingAt(url: string): Watching {
  const ask = async (question: string): Promise<void> => {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    await terminal.question(`${question} `);
    terminal.close();
  };
  return {
    begin: ({ username, password }) =>
      ask(
        `Open ${url}/console/ in a browser, and sign in as\n\n  ${username}\n  ${password}\n\nCarla, the risk officer, is given a page, sees its alarms triggered, and loses it. Press Enter to begin.`,
      ),
    end: () => ask('\nPress Enter to end.'),
  };
}
