/**
 * The `type` and `id` of a message, read from its first bytes without parsing the rest: so the refusal of a message that is too
 * large to be parsed can still say which one it answers.
 */

/** Bytes that are looked at: room for a type and an id of 64 characters, each written as \uXXXX. */
const HEAD_BYTES = 1_024;

export interface MessageHead {
  readonly type?: string;
  readonly id?: string;
}

/** One field of text: its name, its value as a JSON string. Sticky, so that only what stands at the very front counts. */
const FIELD = /\s*"(type|id)"\s*:\s*("(?:[^"\\]|\\.)*")\s*(,|\})/y;

/** Only `type` and `id` that stand before every other field are found. What is not found is undefined. Never throws. */
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
