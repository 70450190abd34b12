/**
 * Maximum size of a request's head (request line and headers), in bytes. uWebSockets.js reads its own limit from
 * UWS_HTTP_MAX_HEADERS_SIZE when it is loaded, so this file must be imported before it. Its default is 4,096, which a request with
 * the longest token would exceed; and it only counts requests that arrive in several pieces.
 */
const DEFAULT_BYTES = 16 * 1024;

const configured = process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ?? '';
export const REQUEST_HEAD_LIMIT = /^[1-9]\d{3,6}$/.test(configured) ? Number(configured) : DEFAULT_BYTES;
process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(REQUEST_HEAD_LIMIT);
