/** The errors of the client, one class for each reaction of the caller. */

/** The server refused the request. Nothing took effect. */
export class AlarmServerError extends Error {
  override readonly name = 'AlarmServerError';
  /** The reason, as a sentence for people. Also the error's `message`. */
  readonly detail: string;
  /** The reason, as a stable documented code. Undefined if the server sent none. */
  readonly code: string | undefined;
  /** The HTTP status. Undefined for a refusal over the socket. */
  readonly status: number | undefined;
  /** Additional data for programs, if the server sends it: for example the invalid fields. */
  readonly details: unknown;
  /** How long to wait before trying again, in ms. Undefined if the server did not say. */
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

/** The socket is closed or was never opened. What had not been sent was not sent. */
export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';
  /** The close code of RFC 6455; 1006 if none arrived. */
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string) {
    super(`the connection is closed, with code ${code}${reason && `: ${reason}`}`);
    this.code = code;
    this.reason = reason;
  }
}

/**
 * The client itself refused to send: no server would accept it, so sending it again unchanged cannot work. Nothing took effect.
 *
 * `invalid_message`, `message_too_large`: as a server would answer (docs/protocol.md, Error codes) · `id_reused`: the id belongs to
 * another command that is not answered yet · `too_many_waiting`: 10,000 commands, or 16 MiB of them, are pending; send it when
 * there are fewer · `invalid_token`: the value cannot be a token or ticket.
 */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
  readonly code: 'invalid_message' | 'message_too_large' | 'id_reused' | 'too_many_waiting' | 'invalid_token';

  constructor(code: NotSentError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A command was sent and no answer arrived: it may have taken effect or not. Sent again with the same id, it takes effect once. */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError';
  readonly commandId: string;

  /** `why`: a clause that says what happened instead of an answer. */
  constructor(commandId: string, why: string, options?: ErrorOptions) {
    super(
      `${why} before the answer to command ${commandId} arrived: its outcome is unknown, and sending it again with the same id is safe`,
      options,
    );
    this.commandId = commandId;
  }
}

/** The server sent data that is not a message of the protocol. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

/** A server that only has the base contract does not answer ids: a command would wait for ever. */
export const baseContractError = (): Error =>
  new Error(
    'this server does not answer ids (it only supports the base contract): use send(), and listen for the resulting messages',
  );
