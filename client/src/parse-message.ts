/** Parses a frame into a message. Only the envelope is checked; its content is trusted. */
import { MalformedMessageError } from './errors.js';
import type { ServerMessage } from './messages.js';

/** Takes a frame's data as the socket delivered it. Throws MalformedMessageError; types unknown to this client are accepted. */
export function parseServerMessage(data: unknown): ServerMessage {
  if (typeof data !== 'string') throw new MalformedMessageError('the server sent a binary frame; messages are text');
  let message: unknown;
  try {
    message = JSON.parse(data);
  } catch {
    throw new MalformedMessageError('the server sent a text frame that is not JSON');
  }
  if (!isMessage(message))
    throw new MalformedMessageError('the server sent JSON without a `type` (a string) and a `payload` (an object)');
  return message;
}

const isMessage = (value: unknown): value is ServerMessage =>
  isRecord(value) && typeof value['type'] === 'string' && isRecord(value['payload']);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
