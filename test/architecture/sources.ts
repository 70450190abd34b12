/** The project's own source files, as text: for rules about how they are written. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder; this file runs from its dist/test/architecture. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface Source {
  /** From the project's folder on. */
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file under these folders of the project, in the order of their paths. */
export function sourcesIn(...folders: string[]): Source[] {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Paths that the file imports from the project itself, those of types alone included. */
export function importsOf({ path, text }: Source): string[] {
  return [...text.matchAll(/^(?:import|export)\b[^;]*?from '(\.[^']+)\.js'/gms)].map(
    ([, target]) => `${join(path, '..', target!)}.ts`,
  );
}
