/** What is said to a request for /ws that does not ask for the upgrade, or asks for it through a proxy that keeps that to itself. */
import type uWS from 'uWebSockets.js';

export const UPGRADE_REQUIRED =
  'This path speaks WebSocket: connect to it with a WebSocket client (ws:// or wss://). If you did, a proxy between has not passed on the headers Upgrade and Connection: ' +
  'in nginx set proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and proxy_set_header Connection "upgrade"';

/** uWebSockets.js looks at Sec-WebSocket-Key alone, which every proxy passes on. */
export const asksForUpgrade = (req: Pick<uWS.HttpRequest, 'getHeader'>): boolean =>
  req.getHeader('upgrade').toLowerCase() === 'websocket';
