/**
 * The entry of an event in the tree: eight lines of text. It has no position, which belongs to an engine, so that a log that moves to
 * another engine keeps its tree.
 */
import { hash } from 'node:crypto';
import type { StoredText } from '../log/event-codec.js';

/** `index`: the event's place among all events that are not private, from 0. */
export const entryOf = (
  { stream, revision, id, type, data, metadata }: Omit<StoredText, 'position'>,
  index: number,
): string =>
  `alarm-server/event/v1\n${index}\n${stream}\n${revision}\n${id}\n${type}\n${hash('sha256', metadata, 'base64')}\n${hash('sha256', data, 'base64')}\n`;
