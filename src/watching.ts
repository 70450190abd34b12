/** The port of its own on which a server is watched (METRICS_PORT): /metrics and /ready, for machines of the house alone. */
import type { Endpoint } from './http/endpoint.js';
import { type ServeOptions, serveEndpoints } from './http/http-server.js';
import { Listening } from './listening.js';
import type { Service } from './service.js';

/** Opens the port; it is closed when the service stops. Undefined where none is set. Throws with a sentence if it cannot be had. */
export function startWatching(
  { host, port }: { readonly host: string; readonly port: number | undefined },
  endpoints: readonly Endpoint[],
  options: Omit<ServeOptions, 'connections' | 'isTls'>,
): Service | undefined {
  if (port === undefined) return undefined;
  // Its few connections are counted among nobody's.
  const connections = { isCrowded: () => false, ended: () => undefined };
  const listening = Listening.start({
    host,
    port,
    tls: undefined,
    serve: (app) => serveEndpoints(app, endpoints, { ...options, connections, isTls: false }),
  });
  options.logger.info({ host, port: listening.port }, 'metrics and readiness are served on a port of their own');
  return { name: 'watching port', drain: () => listening.close(), stop: () => listening.cut() };
}
