/** Bundles the console into dist/console: the page, and files whose names contain a hash of their content. `npm run build` runs it. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = join(here, '../dist/console');
const files = join(out, 'files');
const { version } = JSON.parse(readFileSync(join(here, '../package.json'), 'utf8'));

rmSync(out, { recursive: true, force: true });
mkdirSync(files, { recursive: true });

/** The page's icon with a number of open alarms: a browser tab is all that one sees of the page at times. */
function icon(count) {
  const badge =
    count === '0'
      ? ''
      : `<circle cx="22" cy="10" r="10" fill="#c62828"/><text x="22" y="15" font-family="sans-serif" font-size="14" font-weight="700" text-anchor="middle" fill="#fff">${count}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#12566f"/><path d="M5 21 11 15 16 19 27 8" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/><path d="M5 26h22" stroke="#8fd0e6" stroke-width="2" stroke-linecap="round"/>${badge}</svg>`;
}

const icons = Object.fromEntries(
  ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+'].map((count) => {
    const text = icon(count);
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
    const name = `icon-${count === '+' ? 'many' : count}-${hash}.svg`;
    writeFileSync(join(files, name), text);
    return [count, `/console/files/${name}`];
  }),
);

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { console: 'src/main.tsx', style: 'src/styles/console.css' },
  outdir: files,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  metafile: true,
  legalComments: 'none',
  define: { CONSOLE_VERSION: JSON.stringify(version), CONSOLE_ICONS: JSON.stringify(icons) },
  logLevel: 'warning',
});

const outputs = Object.entries(metafile.outputs);
const outputOf = (entry) => outputs.find(([, { entryPoint }]) => entryPoint === entry);
const [script, { imports }] = outputOf('src/main.tsx');
const [style] = outputOf('src/styles/console.css');
const address = (path) => `/console/files/${basename(path)}`;
const first = imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path);

const page = readFileSync(join(here, 'page.html'), 'utf8')
  .replace('{icon}', icons['0'])
  .replace('{style}', address(style))
  .replace('{script}', address(script))
  .replace('{preloads}', first.map((path) => `<link rel="modulepreload" href="${address(path)}">`).join('\n    '));
writeFileSync(join(out, 'index.html'), page);

const licences = ['preact', '@preact/signals', '@preact/signals-core'].map(
  (name) => `${name}\n\n${readFileSync(join(here, '../node_modules', name, 'LICENSE'), 'utf8').trim()}\n`,
);
writeFileSync(join(files, 'licences.txt'), licences.join('\n---\n\n'));
