/** HTTP requests of the auditors' tools to a server. The token is in no command line, no log and no error. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** How long an answer 503 is waited for, in milliseconds: then what it waits for does not come. */
const PATIENCE_MS = 60_000;

/** A parameter that the server has refused, and why: the sentence goes on after its name. */
export interface RefusedField {
  readonly field: string;
  readonly message: string;
}

/** An answer that is not what was asked for. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly fields: readonly RefusedField[];

  constructor(path: string, status: number, detail: string, fields: readonly RefusedField[] = []) {
    super(`${path} was answered with ${status}${detail === '' ? '' : `: ${detail}`}.`);
    this.status = status;
    this.fields = fields;
  }
}

export interface AuditorConnection {
  /** The answer, whose body has not been read yet. Waits where the server asks for it. Rejects with Refused, or with a sentence. */
  open(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** The bytes of the answer's body. */
  get(path: string): Promise<Buffer>;
}

/** The token of a tool: from the file, otherwise from the environment. Throws with a sentence if there is none. */
export function givenToken(file: string | undefined): string {
  const token = file === undefined ? (process.env['ALARM_TOKEN'] ?? '') : readFileSync(file, 'utf8').trim();
  if (token === '') throw new Error('There is no token: pass --token-file, or set ALARM_TOKEN.');
  return token;
}

/** Throws with a sentence if `url` is no address of a server. */
export function connectAsAuditor(url: string, token: string): AuditorConnection {
  if (!URL.canParse(url)) throw new Error('--url must be the address of the server, like http://127.0.0.1:8080.');
  const open: AuditorConnection['open'] = async (path, headers = {}) => {
    const startedAt = performance.now();
    for (;;) {
      const answer = await sent(new URL(path, url), { ...headers, authorization: `Bearer ${token}` });
      if (answer.ok) return answer;
      const seconds = Number(answer.headers.get('retry-after') ?? 0);
      const isOver = answer.status === 503 && performance.now() - startedAt > PATIENCE_MS;
      if ((answer.status !== 429 && answer.status !== 503) || seconds === 0 || isOver)
        throw await refusedBy(answer, path.split('?')[0] ?? path);
      await answer.body?.cancel();
      await pause(seconds * 1_000);
    }
  };
  return { open, get: async (path) => Buffer.from(await (await open(path)).arrayBuffer()) };
}

async function sent(url: URL, headers: Readonly<Record<string, string>>): Promise<Response> {
  try {
    return await fetch(url, { headers, redirect: 'error' });
  } catch (error) {
    const cause = (error as { cause?: { message?: string } }).cause?.message ?? (error as Error).message;
    throw new Error(`There is no answer from ${url.origin} (${cause}): is the server running there?`);
  }
}

/** What the server answers where it has nothing, and to everybody who is no auditor. */
const NOTHING_HERE = /^Nothing is served at this path/;

async function refusedBy(answer: Response, path: string): Promise<Refused> {
  const { status } = answer;
  if (status === 401) return new Refused(path, status, 'the token is not valid, or has expired');
  const { detail, errors } = await problemOf(answer);
  if (status === 404 && (detail === undefined || NOTHING_HERE.test(detail)))
    return new Refused(path, status, "the token must be an auditor's");
  const fields = errors.map(({ field, message }) => `${field} ${message}`).join('; ');
  return new Refused(path, status, fields !== '' ? fields : (detail ?? ''), errors);
}

async function problemOf(
  answer: Response,
): Promise<{ readonly detail: string | undefined; readonly errors: readonly RefusedField[] }> {
  try {
    const { detail, errors } = (await answer.json()) as { detail?: unknown; errors?: readonly RefusedField[] };
    return { detail: typeof detail === 'string' ? detail : undefined, errors: errors ?? [] };
  } catch {
    return { detail: undefined, errors: [] };
  }
}
