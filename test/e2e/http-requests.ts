/** One HTTP request and all of its answer, as it is: a refusal is an answer like any other. */
export interface HttpOptions {
  readonly token?: string | undefined;
  /** Sent as JSON; a string or bytes as they are. */
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body, without the request_id of a problem: so two answers can be compared. */
  readonly text: string;
  /** The body as JSON; undefined if there is none. Tests assert on the wire itself. */
  readonly json: any;
}

export async function request(
  url: string,
  method: string,
  path: string,
  { token, body, idempotencyKey, headers = {} }: HttpOptions = {},
): Promise<HttpAnswer> {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text: text.replace(/,"request_id":"[^"]{16}"\}$/, '}'),
    json: isJson && text !== '' ? withHiddenId(JSON.parse(text)) : undefined,
  };
}

/** The request_id of a problem can be read, and does not count where two answers are compared. */
function withHiddenId(json: any): unknown {
  if (typeof json?.request_id === 'string') Object.defineProperty(json, 'request_id', { enumerable: false });
  return json;
}
