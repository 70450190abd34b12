/** The console's styles: short files, and every colour in one of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../architecture/sources.js';

const folder = join(root, 'console/src/styles');
const files = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

t.test('no stylesheet is longer than 250 lines', async (t) => {
  t.ok(files.length > 5);
  for (const { name, text } of files) t.ok(text.split('\n').length <= 251, name);
});

t.test('colours are defined in tokens.css alone, each once for light and once for dark', async (t) => {
  const colour = /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|light-dark)\(/i;
  for (const { name, text } of files) if (name !== 'tokens.css') t.notMatch(text, colour, name);
  const tokens = files.find(({ name }) => name === 'tokens.css')!.text;
  for (const [line] of tokens.matchAll(/^ +--.*(?:#|rgb).*$/gm)) t.match(line, /light-dark\(/, line.trim());
});
