/** Decodes percent-encoded text of paths, queries and forms. */

/**
 * The decoded text, or undefined if the encoded bytes are not UTF-8. A `%` without two hexadecimal digits after it stands for
 * itself, as in the WHATWG URL standard.
 */
export function percentDecoded(encoded: string): string | undefined {
  if (!encoded.includes('%')) return encoded;
  try {
    return encoded.replace(/(?:%[0-9a-f]{2})+/gi, (run) => decodeURIComponent(run));
  } catch {
    return undefined;
  }
}

/** The names and values of a query or form (application/x-www-form-urlencoded), in order; undefined if one of them is not UTF-8. */
export function formFields(encoded: string): [name: string, value: string][] | undefined {
  const fields: [string, string][] = [];
  for (const field of encoded.split('&')) {
    if (field === '') continue;
    const end = field.indexOf('=');
    const [name, value] = [end < 0 ? field : field.slice(0, end), end < 0 ? '' : field.slice(end + 1)].map((text) =>
      percentDecoded(text.replaceAll('+', ' ')),
    );
    if (name === undefined || value === undefined) return undefined;
    fields.push([name, value]);
  }
  return fields;
}

/** The first name that occurs more than once. */
export function repeatedName(fields: readonly (readonly [name: string, value: string])[]): string | undefined {
  const seen = new Set<string>();
  return fields.find(([name]) => seen.size === seen.add(name).size)?.[0];
}
