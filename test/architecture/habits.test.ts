/** How files are written here. */
import t from 'tap';
import { sourcesIn } from './sources.js';

const sources = sourcesIn('src', 'client/src', 'console/src', 'load', 'bench', 'demo', 'test');
const code = sourcesIn('src', 'client/src', 'console/src', 'load', 'bench', 'demo');

t.test('nothing is exported by default: a thing has one name wherever it is used', async (t) => {
  t.same(
    sources.filter(({ text }) => /^export default\b/m.test(text)).map(({ path }) => path),
    [],
  );
});

t.test('no file exists to hand on what others hold, but the one that a package shows to the world', async (t) => {
  const handsOnly = (text: string): boolean => {
    const statements = text
      .replace(/\/\*.*?\*\/|^\s*\/\/.*$/gms, '')
      .split(';')
      .map((one) => one.trim())
      .filter((one) => one !== '');
    return (
      statements.length > 0 && statements.every((one) => /^export (type )?(\*|\{[^}]*\})( as \w+)? from /s.test(one))
    );
  };
  t.same(
    code
      .filter(({ text }) => handsOnly(text))
      .map(({ path }) => path)
      .filter((path) => path !== 'client/src/client.ts'),
    [],
  );
});

t.test('a file is named for its concept, and says first what it is for', async (t) => {
  t.same(
    sources.map(({ path }) => path).filter((path) => /(^|\/)(utils?|helpers?|common|misc|types)(\/|\.ts$)/.test(path)),
    [],
  );
  t.same(
    code.filter(({ text }) => !/^(#!.*\n)?(\/\*\*|\/\/)/.test(text)).map(({ path }) => path),
    [],
  );
});
