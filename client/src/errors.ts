/** What can go wrong between a client and its server, one class for each thing the caller would do about it. */

/** The server understood and refused. Nothing took effect. */
export class AlarmServerError extends Error {
  override readonly name = 'AlarmServerError';
  /** Why, in words for people. Also the error's `message`. */
  readonly detail: string;
  /** Why, in a stable documented word. Undefined where the server gave none. */
  readonly code: string | undefined;
  /** The HTTP status. Undefined for a refusal that came over the socket. */
  readonly status: number | undefined;
  /** More for programs, where the server gives it: the fields that were wrong, for one. */
  readonly details: unknown;
  /** How long to wait before trying again, in ms. Undefined where the server did not say. */
  readonly retryAfterMs: number | undefined;

  constructor(refusal: Partial<Omit<AlarmServerError, keyof Error>> & { readonly detail: string }) {
    super(refusal.detail);
    this.detail = refusal.detail;
    this.code = refusal.code;
    this.status = refusal.status;
    this.details = refusal.details;
    this.retryAfterMs = refusal.retryAfterMs;
  }
}

/** The socket is closed, or never opened. What had not been sent was not sent. */
export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';
  /** The close code of RFC 6455; 1006 where none arrived. */
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string) {
    super(`the connection is closed, with code ${code}${reason && `: ${reason}`}`);
    this.code = code;
    this.reason = reason;
  }
}

/**
 * The client itself refused to send: no server would take it, so sending it again as it is cannot work. Nothing took effect.
 *
 * `invalid_message`, `message_too_large`: as a server would answer (docs/protocol.md, Error codes) · `id_reused`: the id belongs to another
 * command that is not answered yet · `too_many_waiting`: 10,000 commands, or 16 MiB of them, wait for their answers; send it when there
 * are fewer · `invalid_token`: the token or ticket is none.
 */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
  readonly code: 'invalid_message' | 'message_too_large' | 'id_reused' | 'too_many_waiting' | 'invalid_token';

  constructor(code: NotSentError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A command was sent and no answer came: it may have taken effect or not. Sent again with the same id, it takes effect once. */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError';
  readonly commandId: string;

  /** `why` is a clause that says what happened instead of an answer. */
  constructor(commandId: string, why: string, options?: ErrorOptions) {
    super(
      `${why} before the answer to command ${commandId} came: its outcome is unknown, and sending it again with the same id is safe`,
      options,
    );
    this.commandId = commandId;
  }
}

/** The server sent something that is no message of the protocol. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

/** A server of the base contract answers no ids: a command to it would wait for ever. */
export const baseContractError = (): Error =>
  new Error(
    'this server answers no ids (it knows only the base contract): use send(), and listen for what comes of it',
  );
