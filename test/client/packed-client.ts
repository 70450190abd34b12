/** The client as others get it: packed, and installed without a network into an empty project; and its README's examples, unchanged. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../architecture/sources.js';

export const run = promisify(execFile);

export interface PackedClient {
  /** The project's folder. */
  readonly project: string;
  /** Paths in the package. */
  readonly files: readonly string[];
}

/** `folder`: an empty one; the project is made in it. Nothing of this machine's npm is used: the cache is empty, and there is no network. */
export async function installPackedClient(folder: string): Promise<PackedClient> {
  const npm = (args: readonly string[], cwd: string) =>
    run(
      'npm',
      [...args, '--offline', '--no-audit', '--no-fund', '--loglevel=error', `--cache=${join(folder, 'cache')}`],
      { cwd },
    );
  const packed = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], join(root, 'client'));
  const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"type": "module"}');
  await npm(['install', join(folder, filename)], project);
  return { project, files: files.map(({ path }) => path).sort() };
}

/** Makes the ws package of this repository the project's, as `npm install ws` would. */
export function linkWs({ project }: PackedClient): void {
  symlinkSync(join(root, 'node_modules/ws'), join(project, 'node_modules/ws'));
}

/** The first block of this language in the client's README, with `url` in place of the server's address there. */
export function readmeExample(language: 'js' | 'html', url: string): string {
  const readme = readFileSync(join(root, 'client/README.md'), 'utf8');
  const [, text] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(readme) ?? [];
  if (!text?.includes('http://127.0.0.1:8080'))
    throw new Error(`client/README.md has no ${language} example with the server's address in it`);
  return text.replaceAll('http://127.0.0.1:8080', url);
}
