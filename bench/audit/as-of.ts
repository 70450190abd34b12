/** Reads as of random moments: how long they take by the size of the page and of the log, and what they do to the server's memory. */
import { type AuditedServer, readAs } from './audited-server.js';

export interface AsOfFigure {
  readonly read: string;
  /** Events of the log; and of the page, if it is one page that is read. */
  readonly log: number;
  readonly page: number | undefined;
  /** In ms. */
  readonly p50: number;
  readonly p99: number;
  readonly reads: number;
}

export interface AsOfResult {
  readonly figures: readonly AsOfFigure[];
  /** Before all reads but those to warm up, and after them; bytes. */
  readonly rss: readonly [before: number, after: number];
  readonly heap: readonly [before: number, after: number];
}

interface ListedPage {
  readonly id: string;
  readonly owner_id: string;
  readonly seq: number;
}

/** `sizes`: events of the pages that are read. `reads`: of each kind and size. */
export async function measureAsOf(
  audited: AuditedServer,
  sizes: readonly number[],
  reads: number,
): Promise<AsOfResult> {
  const { server, token, auditorId } = audited;
  const { url } = server;
  const { pages, as_of } = JSON.parse((await readAs(`${url}/audit/pages?limit=1000`, token)).toString()) as {
    readonly pages: readonly ListedPage[];
    readonly as_of: { readonly index: number };
  };
  const log = as_of.index + 1;
  const span = await spanOf(url, token, log);
  const at = (): string => `at=${new Date(span.from + Math.random() * (span.to - span.from)).toISOString()}`;
  const asked: { read: string; page: number | undefined; path: () => string; token: string }[] = [];
  for (const size of sizes) {
    const { id, owner_id, seq } = nearest(pages, size);
    const page = seq + 1;
    asked.push(
      { read: 'GET /pages/{id}', page, path: () => `/pages/${id}?${at()}`, token: await audited.tokenOf(owner_id) },
      { read: 'GET /audit/pages/{id}/access', page, path: () => `/audit/pages/${id}/access?${at()}`, token },
    );
  }
  asked.push(
    {
      read: 'GET /audit/users/{id}/access',
      page: undefined,
      path: () => `/audit/users/${auditorId}/access?${at()}`,
      token,
    },
    { read: `GET /audit/pages`, page: undefined, path: () => `/audit/pages?${at()}`, token },
  );
  for (const one of asked) await times(Math.ceil(reads / 4), () => readAs(`${url}${one.path()}`, one.token));
  const before = await server.memory();
  const figures: AsOfFigure[] = [];
  for (const { read, page, path, token: reader } of asked) {
    const latencies = (await times(reads, () => readAs(`${url}${path()}`, reader))).sort((a, b) => a - b);
    figures.push({ read, log, page, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), reads });
  }
  const after = await server.memory();
  return { figures, rss: [before.rss, after.rss], heap: [before.heap, after.heap] };
}

/** When the history's pages were all there, and its end. */
async function spanOf(
  url: string,
  token: string,
  log: number,
): Promise<{ readonly from: number; readonly to: number }> {
  const timeOf = async (index: number): Promise<number> => {
    const answer = JSON.parse((await readAs(`${url}/audit/pages?limit=1&at=%23${index}`, token)).toString()) as {
      readonly as_of: { readonly at: string };
    };
    return Date.parse(answer.as_of.at);
  };
  return { from: await timeOf(Math.floor(log / 10)), to: await timeOf(log - 1) };
}

function nearest(pages: readonly ListedPage[], size: number): ListedPage {
  const [found] = [...pages].sort((a, b) => Math.abs(a.seq - size) - Math.abs(b.seq - size));
  if (!found) throw new Error('the history has no page');
  return found;
}

/** How long each took, in ms. */
async function times(count: number, read: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const startedAt = performance.now();
    await read();
    took.push(performance.now() - startedAt);
  }
  return took;
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
