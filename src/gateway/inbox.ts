/**
 * Handles messages of clients: each is a command, a request of the socket, or invalid. Requests and invalid messages are charged to
 * the user's read budget (net/read-budget.ts).
 */
import type { Sessions } from '../auth/sessions.js';
import { answerData } from '../commands/answers.js';
import type { CommandHandler } from '../commands/handling/handler.js';
import type { Outcome } from '../commands/handling/pending-command.js';
import { type Actor, programActor, userActor } from '../domain/authorization.js';
import { type Refusal, refuse } from '../domain/refusals.js';
import { type ReadBudget, readRefusal } from '../net/read-budget.js';
import { TokenBuckets } from '../net/token-bucket.js';
import { error, type SocketError, success, tokenRefreshed } from '../protocol/down-messages.js';
import type { ResumePayload, SyncPayload } from '../protocol/requests.js';
import { BAD_MESSAGES_LIMIT } from './bad-messages.js';
import type { Socket } from './socket.js';
import { parseUpMessage, type UpRequest, usableIdOf } from './up-messages.js';

/** Clients of the original protocol, which has no ids, expect an answer to these. */
const ALWAYS_ANSWERED: ReadonlySet<string> = new Set(['create_page', 'share_page']);

/**
 * No command is longer than this, apart from whitespace and unknown fields. A longer message is not parsed if the user's read
 * budget is exhausted.
 */
const COMMAND_BYTES = 16 * 1024;

/** A user may send this many times their command and read rates together; beyond that the socket is closed. */
const FLOOD_FACTOR = 4;

/** Burst of that limit, in seconds. */
const FLOOD_BURST_S = 5;

export interface MessageLimits {
  /** Infinity, here and below: no limit. */
  readonly commandsPerSecond: number;
  readonly readsPerSecond: number;
}

export interface InboxOptions {
  readonly handling: CommandHandler;
  readonly sessions: Sessions;
  readonly reads: ReadBudget;
  readonly limits: MessageLimits;
  /** Whether the socket was opened to resume and has not yet. */
  readonly isAwaited: (socket: Socket) => boolean;
  readonly resume: (socket: Socket, id: string | undefined, payload: ResumePayload) => void;
  readonly sync: (socket: Socket, id: string | undefined, payload: SyncPayload) => void;
  /** Called when the socket has another session. */
  readonly onRenewed: (socket: Socket) => void;
}

export class Inbox {
  readonly #options: InboxOptions;
  readonly #flood: TokenBuckets;

  constructor(options: InboxOptions) {
    this.#options = options;
    const perSecond = FLOOD_FACTOR * (options.limits.commandsPerSecond + options.limits.readsPerSecond);
    this.#flood = new TokenBuckets({ refillMs: 1_000 / perSecond, capacity: FLOOD_BURST_S * perSecond });
  }

  /** Has to be called for each arriving message. False if its user exceeds the message rate: the message is ignored and the socket closed. */
  mayArrive(socket: Socket): boolean {
    if (this.#flood.take(socket.userId) === 0) return true;
    if (!socket.isClosed) {
      socket.send(error(undefined, refuse('rate_limited', 'The message rate limit is exceeded: the socket is closed')));
      socket.end('protocol_misuse');
    }
    return false;
  }

  /** Executes the message. A command that a socket sent before it closed still counts; its requests are dropped. */
  read(socket: Socket, message: ArrayBuffer, isBinary: boolean): void {
    if (isBinary) {
      socket.send(
        error(undefined, { code: 'binary_message', message: 'Binary frames are not supported: send text frames' }),
      );
      return socket.end('protocol_misuse');
    }
    if (socket.isCut) return;
    const { reads, handling } = this.#options;
    const isAwaited = this.#options.isAwaited(socket);
    const bytes = Buffer.from(message);
    const waitMs = reads.wait(socket.userId);
    if (waitMs > 0 && bytes.length > COMMAND_BYTES)
      return this.#notUnderstood(socket, usableIdOf(bytes), overBudget(waitMs));
    const startedAt = performance.now();
    const parsed = parseUpMessage(bytes, isAwaited);
    if ('error' in parsed) {
      reads.spend(socket.userId, performance.now() - startedAt, 0);
      return this.#notUnderstood(socket, parsed.id, waitMs > 0 ? overBudget(waitMs) : parsed.error);
    }
    if (isAwaited && !('request' in parsed && parsed.request === 'resume')) {
      reads.spend(socket.userId, performance.now() - startedAt, 0);
      socket.badMessages.good();
      return socket.send(
        error(parsed.id, {
          code: 'resume_first',
          message: 'The socket was opened with resume=1: send resume first, or wait for initial_state',
        }),
      );
    }
    if ('request' in parsed) {
      if (socket.isClosed) return;
      socket.badMessages.good();
      if (waitMs > 0) return socket.send(error(parsed.id, overBudget(waitMs)));
      return this.#request(socket, parsed, startedAt);
    }
    socket.badMessages.good();
    const { id, command, payload } = parsed;
    handling.submit({
      command,
      payload,
      actor: actorOf(socket),
      clientId: id,
      settle: (outcome) => answer(socket, id, command.kind, outcome),
    });
  }

  /** Charges the request with its parsing time and all bytes that it caused to be sent. */
  #request(socket: Socket, request: UpRequest, startedAt: number): void {
    const sentBefore = socket.sentBytes;
    this.#do(socket, request);
    this.#options.reads.spend(socket.userId, performance.now() - startedAt, socket.sentBytes - sentBefore);
  }

  #do(socket: Socket, { id, request, payload }: UpRequest): void {
    switch (request) {
      case 'resume':
        return this.#options.resume(socket, id, payload);
      case 'sync':
        return this.#options.sync(socket, id, payload);
      case 'refresh':
        return this.#refresh(socket, id, payload.token);
    }
  }

  #refresh(socket: Socket, id: string | undefined, token: string): void {
    if (socket.session.program)
      return socket.send(
        error(id, {
          code: 'token_refused',
          message: "A program's socket ends with its access token: open another one with another token",
        }),
      );
    const session = this.#options.sessions.authenticate(token);
    if (!session || session.program)
      return socket.send(
        error(id, {
          code: 'token_refused',
          message: 'The token is not valid or has expired: the socket keeps its current one',
        }),
      );
    if (session.userId !== socket.userId)
      return socket.send(
        error(id, {
          code: 'token_refused',
          message: 'The token is that of another user: the socket keeps its current one',
        }),
      );
    socket.session = session;
    this.#options.onRenewed(socket);
    socket.send(tokenRefreshed(id, session.expiresAt - Math.floor(Date.now() / 1_000)));
  }

  #notUnderstood(socket: Socket, id: string | undefined, problem: SocketError | Refusal): void {
    socket.send(error(id, problem));
    if (!socket.badMessages.bad(performance.now())) return;
    socket.send(
      error(undefined, {
        code: 'too_many_errors',
        message: `The last ${BAD_MESSAGES_LIMIT} messages were all invalid: the socket is closed`,
      }),
    );
    socket.end('protocol_misuse');
  }
}

const actorOf = ({ userId, session: { program } }: Socket): Actor =>
  program ? programActor(program) : userActor(userId);

const overBudget = (waitMs: number): Refusal => refuse('rate_limited', readRefusal(waitMs), { retry_after_ms: waitMs });

function answer(socket: Socket, id: string | undefined, kind: string, outcome: Outcome): void {
  if (outcome.kind === 'refused') socket.send(error(id, outcome.refusal));
  else if (id !== undefined || ALWAYS_ANSWERED.has(kind))
    socket.send(success(id, outcome.action, answerData(outcome), outcome.seq, outcome.position));
}
