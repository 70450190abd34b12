/** Origins of web pages that may use this server from a browser: ALLOWED_ORIGINS. */

/** `*`: any. An origin is scheme, host and port as browsers send them (RFC 6454): `https://desk.example.com`. */
export class AllowedOrigins {
  readonly #origins: ReadonlySet<string>;

  /** Throws an error with a sentence for a value that is neither `*` nor an origin. */
  constructor(origins: readonly string[]) {
    for (const origin of origins) if (origin !== '*') checkOrigin(origin);
    if (origins.includes('*') && origins.length > 1)
      throw new Error('* allows every origin: remove the others, or remove *');
    this.#origins = new Set(origins);
  }

  get isEmpty(): boolean {
    return this.#origins.size === 0;
  }

  get any(): boolean {
    return this.#origins.has('*');
  }

  /** Whether pages of this origin may read responses. '' is not an origin. */
  allows(origin: string): boolean {
    return origin !== '' && (this.any || this.#origins.has(origin));
  }

  /**
   * Whether a socket request with this `Origin` header is accepted; '' means none, as sent by programs. If ALLOWED_ORIGINS is
   * empty, every origin is accepted, because a socket needs a token; otherwise only listed origins and the server's own. `host`:
   * the request's Host header.
   */
  allowsSocket(origin: string, host: string): boolean {
    return this.isEmpty || origin === '' || this.allows(origin) || isOwn(origin, host);
  }
}

/** The Host header may contain the scheme's default port, an origin never does. */
function isOwn(origin: string, host: string): boolean {
  const [scheme, name] = origin.split('://');
  const port = scheme === 'https' ? /:443$/ : /:80$/;
  return name !== undefined && name === host.toLowerCase().replace(port, '');
}

function checkOrigin(origin: string): void {
  const right = URL.canParse(origin) && !origin.includes('*') ? new URL(origin).origin : 'null';
  if (right !== 'null' && right === origin) return;
  const hint = right === 'null' ? 'write https://desk.example.com, or * for every origin' : `write ${right}`;
  throw new Error(`${JSON.stringify(origin)} is not an origin: ${hint}`);
}
