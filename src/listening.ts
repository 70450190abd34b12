/** Accepts connections: the port, the certificate, and the uWebSockets.js app that serves them. */

import uWS from 'uWebSockets.js';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/**
 * TLS 1.2 ciphers with forward secrecy and authenticated encryption (Mozilla's "intermediate"): recorded traffic cannot be decrypted
 * with a key that is stolen later. TLS 1.3 has only such ciphers, and older versions are not supported.
 */
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

export interface ListeningOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Registers all routes on an app. */
  readonly serve: (app: uWS.TemplatedApp) => void;
}

export class Listening {
  readonly #options: ListeningOptions;
  /** The newest app accepts connections; earlier ones serve their existing connections. */
  readonly #apps: uWS.TemplatedApp[] = [];
  #socket: uWS.us_listen_socket | undefined;

  private constructor(options: ListeningOptions) {
    this.#options = options;
  }

  /** Throws with a sentence for a certificate or port that cannot be used. */
  static start(options: ListeningOptions): Listening {
    const listening = new Listening(options);
    const app = listening.#newApp();
    listening.#apps.push(app);
    listening.#socket = listenOn(app, options);
    if (!listening.#socket)
      throw new Error(
        `Cannot listen on ${options.host}:${options.port}: another process has this port, or it is not allowed. Stop that process, or set HOST and PORT.`,
      );
    return listening;
  }

  get port(): number {
    if (!this.#socket) throw new Error('The server does not listen on a port');
    return uWS.us_socket_local_port(this.#socket);
  }

  /**
   * Reads the certificate files again and uses them for new connections; existing connections are not changed. Returns the certificate's
   * names, or undefined if none is configured. Throws with a sentence if the files are not valid; then nothing has changed. (The library
   * can replace a certificate by server name; but that would free the routes that open connections still use.)
   */
  reloadCertificate(): readonly string[] | undefined {
    const { tls, port } = this.#options;
    if (!tls) return undefined;
    if (port === 0)
      throw new Error('PORT is 0: a port that the system has chosen cannot be opened a second time. Set PORT');
    const app = this.#newApp();
    // A port can have one listener. The system refuses connections that arrive between the two lines; clients try again.
    this.close();
    this.#socket = listenOn(app, this.#options);
    if (!this.#socket) {
      this.#socket = listenOn(this.#apps.at(-1)!, this.#options);
      throw new Error(
        `Port ${port} could not be opened again${this.#socket ? '' : ', and no new connection is accepted any more: start the server again'}`,
      );
    }
    this.#apps.push(app);
    return namesIn(tls.certFile);
  }

  /** Stops accepting connections. */
  close(): void {
    if (this.#socket) uWS.us_listen_socket_close(this.#socket);
    this.#socket = undefined;
  }

  /** Closes all connections immediately. */
  cut(): void {
    for (const app of this.#apps) app.close();
  }

  #newApp(): uWS.TemplatedApp {
    const { tls, serve } = this.#options;
    const app = tls ? openTls(tls) : uWS.App();
    serve(app);
    return app;
  }
}

function openTls({ certFile, keyFile }: NonNullable<ListeningOptions['tls']>): uWS.TemplatedApp {
  try {
    // Reports what is wrong, for example a key of another certificate; the library only reports that something is.
    createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
    return uWS.SSLApp({ cert_file_name: certFile, key_file_name: keyFile, ssl_ciphers: CIPHERS });
  } catch (error) {
    throw new Error(
      `TLS_CERT_FILE, TLS_KEY_FILE: ${certFile} and ${keyFile} must be a certificate and its key, in PEM, without a passphrase (${(error as Error).message})`,
    );
  }
}

function namesIn(certFile: string): readonly string[] {
  const { subjectAltName, subject } = new X509Certificate(readFileSync(certFile));
  return (subjectAltName ?? subject).split(', ');
}

/** Listens exclusively: by default two processes could share the port, and each would get half of the clients. Undefined if it fails. */
function listenOn(app: uWS.TemplatedApp, { host, port }: ListeningOptions): uWS.us_listen_socket | undefined {
  let listening: uWS.us_listen_socket | undefined;
  const exclusive = 1; // LIBUS_LISTEN_EXCLUSIVE_PORT
  app.listen(host, port, exclusive, (socket) => {
    listening = socket || undefined;
  });
  return listening;
}
