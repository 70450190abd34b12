/** The definition of an HTTP endpoint: route and description, from which both the server and the OpenAPI document are generated. */
import type { z } from 'zod';
import type { ProblemCode } from './problem-codes.js';
import type { Body } from './reply-body.js';
import type { StreamedBody } from './reply-stream.js';

export type Reply = WholeReply | StreamedReply;

interface ReplyHead {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A line for the log, written with the request's id and address. It must not contain tokens, passwords or names typed by strangers. */
  readonly logged?: LogLine;
}

export interface WholeReply extends ReplyHead {
  readonly body?: Body;
  /** Ends the connection after the response, because further bytes on it may not be a request. */
  readonly close?: boolean;
  readonly stream?: undefined;
}

/** A reply whose length is not known when it begins (reply-stream.ts). */
export interface StreamedReply extends ReplyHead {
  readonly stream: StreamedBody;
  readonly body?: undefined;
  readonly close?: undefined;
}

export interface LogLine {
  readonly message: string;
  /** Anybody can cause it without an account, so it is rate-limited. */
  readonly fromAnybody?: boolean;
  readonly user?: string | undefined;
}

export interface HttpRequest {
  /** Identifies this request in the log and in a problem response. */
  readonly id: string;
  /** Values of the path's parameters, percent-decoded; valid UTF-8. */
  readonly params: Readonly<Record<string, string>>;
  /** Percent-decoded too. Each name occurs once and is known to the endpoint. */
  readonly query: URLSearchParams;
  /** What is wrong with the names of the query's parameters; only where the endpoint judges them. */
  readonly queryProblem?: Reply | undefined;
  /** By lower-case name; '' if it was not sent. */
  readonly headers: Readonly<Record<(typeof headersRead)[number] | (typeof listsRead)[number], string>>;
  /** Whether an empty Idempotency-Key was sent. */
  readonly hasEmptyKey: boolean;
  readonly body: Buffer;
  /** The client's address as text: the peer's, or the one that a trusted proxy names. */
  readonly address: string;
}

/** The request headers that endpoints read. */
export const headersRead = ['authorization', 'content-type', 'idempotency-key', 'last-event-id'] as const;

/** Those that are lists: they may be sent several times, and are read as one list. */
export const listsRead = ['accept', 'accept-encoding', 'if-none-match'] as const;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Endpoint {
  readonly method: Method;
  /** With parameters in braces: `/pages/{page_id}`. */
  readonly path: string;
  readonly describe: EndpointDescription;
  /** It answers `queryProblem` itself, after it knows who asks: to those for whom nothing is there, no parameter is told. */
  readonly judgesQuery?: boolean;
  readonly handle: (request: HttpRequest) => Reply | Promise<Reply>;
}

export interface EndpointDescription {
  readonly tag:
    | 'accounts'
    | 'groups'
    | 'pages'
    | 'alarms'
    | 'subscriptions'
    | 'administration'
    | 'audit'
    | 'operations';
  /** Unique and kept for ever: generated clients name their functions by it. */
  readonly id: string;
  readonly summary: string;
  /** Needs a bearer token. */
  readonly authenticated: boolean;
  readonly query?: z.ZodObject;
  /** Accepts an Idempotency-Key and answers with a Log-Position. */
  readonly command?: boolean;
  /** Schema of the body by media type. */
  readonly body?: Readonly<Record<string, z.ZodType>>;
  /** Media types beside that of `success`, with their schemas. */
  readonly alsoAs?: Readonly<Record<string, z.ZodType>>;
  readonly success: {
    readonly status: number;
    readonly description: string;
    readonly schema?: z.ZodType;
    readonly mediaType?: string;
  };
  /** Another status that is no problem, with a body of the same schema. */
  readonly otherwise?: { readonly status: number; readonly description: string };
  /** Codes of the problems it may answer with, beside those that follow from the fields above. */
  readonly problems?: readonly ProblemCode[];
}

export const json = (status: number, body: Body, headers?: Readonly<Record<string, string>>): Reply => ({
  status,
  body,
  headers: { 'Content-Type': 'application/json', ...headers },
});

/** Names in braces, in order. */
export const pathParameters = (path: string): string[] => Array.from(path.matchAll(/\{(\w+)\}/g), (match) => match[1]!);
