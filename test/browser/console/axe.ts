/** What axe finds in a tab, in light and in dark. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Tab } from './stage.js';

/** A sentence for each finding. */
export async function axe({ page }: Tab, where: string): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    for (const { id, help, nodes } of violations)
      found.push(
        `${where}, ${colorScheme}: ${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join(' | ')}`,
      );
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}
