/** What axe finds in a tab, in light and in dark. */
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import type { Tab } from './stage.js';

interface Finding {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

interface Builder {
  withRules(rules: string[]): Builder;
  analyze(): Promise<{ violations: Finding[] }>;
}

const { AxeBuilder } = createRequire(import.meta.url)('@axe-core/playwright') as {
  AxeBuilder: new (options: { page: Page }) => Builder;
};

/** A sentence for each finding. */
export async function axe({ page }: Tab, where: string): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const builder = new AxeBuilder({ page });
    // Only colours differ in the dark.
    const { violations } = await (colorScheme === 'dark' ? builder.withRules(['color-contrast']) : builder).analyze();
    for (const { id, help, nodes } of violations)
      found.push(
        `${where}, ${colorScheme}: ${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join(' | ')}`,
      );
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}
