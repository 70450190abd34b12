/** A receiver of webhooks on this machine, which answers as it is told to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly ids: readonly string[];
}

export interface Receiver {
  readonly port: number;
  readonly url: string;
  readonly received: Received[];
  /** How the next requests are answered, in order; 204 when there are no more. `hang`: never. */
  readonly answers: (
    | number
    | 'hang'
    | 'break'
    | { readonly status: number; readonly headers: Readonly<Record<string, string>> }
  )[];
  /** Resolves when so many requests have arrived. */
  arrived(count: number): Promise<void>;
}

export async function startReceiver(t: Test): Promise<Receiver> {
  const received: Received[] = [];
  const answers: Receiver['answers'] = [];
  const waiting = new Set<() => void>();
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const events = body === '' ? [] : (JSON.parse(body) as { id: string }[]);
      received.push({ headers: request.headers as Record<string, string>, body, ids: events.map(({ id }) => id) });
      const answer = answers.shift() ?? 204;
      if (answer === 'break') request.socket.destroy();
      else if (answer !== 'hang') {
        const { status, headers } = typeof answer === 'number' ? { status: answer, headers: {} } : answer;
        response.writeHead(status, headers).end('thanks');
      }
      for (const look of waiting) look();
    });
  };
  const server = createServer(onRequest);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    received,
    answers,
    arrived: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (received.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
