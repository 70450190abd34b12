/** A random UUID, version 4. */
export function randomId(): string {
  // A page served over plain HTTP has no `crypto.randomUUID`; `getRandomValues` is always available, and about 3 µs slower.
  const { randomUUID }: Partial<Crypto> = crypto;
  return randomUUID ? randomUUID.call(crypto) : uuidOf(crypto.getRandomValues(new Uint8Array(16)));
}

function uuidOf(bytes: Uint8Array): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
