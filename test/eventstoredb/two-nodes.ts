/** Two servers on one log in one store, each a process with a data folder of its own. */
import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import type { Person } from '../e2e/test-server.js';
import { type AnyStore, anyStore, freshPrefix } from '../log/any-store.js';
import { ServerProcess } from '../process/server-process.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

export interface Node {
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string>>;
  server: ServerProcess;
}

export interface TwoNodes extends AnyStore {
  readonly prefix: string;
  readonly nodes: readonly [Node, Node];
}

/** `more`: settings of both. */
export async function twoNodes(t: Test, more: Readonly<Record<string, string>> = {}): Promise<TwoNodes> {
  const store = await anyStore(t);
  const prefix = freshPrefix();
  const environment = { EVENT_STORE: store.url, EVENT_STORE_PREFIX: prefix, LOG_LEVEL: 'info', ...more };
  const start = async (): Promise<Node> => {
    const dataDir = temporaryFolder(t);
    return { dataDir, environment, server: await ServerProcess.start({ dataDir, environment }) };
  };
  const nodes = await Promise.all([start(), start()]);
  t.teardown(() => Promise.all(nodes.map(({ server }) => server.end('SIGKILL'))));
  return { ...store, prefix, nodes };
}

/** A number of its own for each run, so that a store may be used again. */
export const unique = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`;

/** The same person at the other node: the token is valid there too. */
export const at = (node: Node, somebody: Person): Person => ({
  ...somebody,
  connect: () => Promise.reject(new Error(`sit down at ${node.server.url} instead`)),
});
