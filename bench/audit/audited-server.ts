/** A server on a history, with an auditor. */

import { SECRET, tokenOf, usersIn } from '../history-users.js';
import { runProcess } from '../run-process.js';
import { ServerProcess } from '../server-process.js';

export interface AuditedServer {
  readonly server: ServerProcess;
  /** Of the auditor, who is the history's first user. */
  readonly token: string;
  readonly auditorId: string;
  /** Of a user of the history. */
  tokenOf(userId: string): Promise<string>;
}

/** Starts it in `folder`, makes the first user an auditor, and waits until the evidence has been checked. */
export async function startAudited(folder: string, environment: Record<string, string> = {}): Promise<AuditedServer> {
  const [auditor] = usersIn(folder);
  if (!auditor) throw new Error('the history has no user');
  const server = await ServerProcess.real(folder, {
    probed: true,
    environment: { JWT_SECRET_KEY: SECRET, ...environment },
  });
  try {
    const { code, errors } = await runProcess(
      'src/cli/admin.js',
      ['role', 'grant', auditor.username, 'auditor', '--url', server.url],
      { JWT_SECRET_KEY: SECRET, DATA_DIR: folder },
    );
    if (code !== 0) throw new Error(`there is no auditor: ${errors.trim()}`);
    await checked(server.url);
    return {
      server,
      auditorId: auditor.id,
      token: await tokenOf(auditor.id, folder),
      tokenOf: (userId) => tokenOf(userId, folder),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The start computes the tree of a log that had none. */
async function checked(url: string): Promise<void> {
  for (;;) {
    const { evidence } = (await (await fetch(`${url}/ready`)).json()) as { evidence: string };
    if (evidence === 'signed') return;
    if (evidence !== 'checking') throw new Error(`the evidence of a history is ${evidence}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The bytes of the answer; rejects if it is not 200. */
export async function readAs(url: string, token: string): Promise<Buffer> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const body = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200) throw new Error(`${url} was answered with ${answer.status}: ${body.toString()}`);
  return body;
}
