/**
 * Reads the `type` and `id` of a message from its first bytes without parsing the rest, so that the refusal of a message that is
 * too large to be parsed can name the message it answers.
 */

/** Bytes that are read: enough for a type and an id of 64 characters, each written as \uXXXX. */
const HEAD_BYTES = 1_024;

export interface MessageHead {
  readonly type?: string;
  readonly id?: string;
}

/** One string field: its name, and its value as a JSON string. Sticky, so that it only matches at the current position. */
const FIELD = /\s*"(type|id)"\s*:\s*("(?:[^"\\]|\\.)*")\s*(,|\})/y;

/** Finds `type` and `id` only before any other field; undefined if not found. Never throws. */
export function headOf(message: Uint8Array): MessageHead {
  const text = Buffer.from(message.buffer, message.byteOffset, Math.min(message.byteLength, HEAD_BYTES)).toString();
  const open = /^\s*\{/.exec(text);
  const head: { type?: string; id?: string } = {};
  FIELD.lastIndex = open?.[0].length ?? text.length;
  for (let field = FIELD.exec(text); field; field = FIELD.exec(text)) {
    try {
      const [, name, value = ''] = field;
      head[name as 'type' | 'id'] = JSON.parse(value) as string;
    } catch {
      return head;
    }
  }
  return head;
}
