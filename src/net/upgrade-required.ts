/** The answer to a request for /ws that does not ask for the upgrade, or passes a proxy that removes the upgrade headers. */
import type uWS from 'uWebSockets.js';

export const UPGRADE_REQUIRED =
  'This path is a WebSocket: connect to it with a WebSocket client (ws:// or wss://). If you did, a proxy in between has not forwarded the headers Upgrade and Connection: ' +
  'in nginx set proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and proxy_set_header Connection "upgrade"';

/** uWebSockets.js only checks Sec-WebSocket-Key, which every proxy forwards. */
export const asksForUpgrade = (req: Pick<uWS.HttpRequest, 'getHeader'>): boolean =>
  req.getHeader('upgrade').toLowerCase() === 'websocket';
