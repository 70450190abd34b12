/** The list of the console's views is whole: each address, each drawer and dialog, and each place that says that something failed. */
import t from 'tap';
import { sourcesIn } from '../architecture/sources.js';
import { failing } from '../browser/console/lists.js';
import { views } from '../browser/console/views.js';
import { consoleModule } from './console-module.js';

const { routeOf, routes } = await consoleModule('state/routes.js');
const { panelKinds } = await consoleModule('state/ui.js');

t.test('CON-11 every address, drawer and dialog is in the list of the views that are looked at', async (t) => {
  const listed = Object.values(views);
  const shown = new Set(listed.map(({ route }) => route).filter((route) => route !== 'sign-in'));
  t.same([...shown].sort(), Object.keys(routes).sort());
  const opened = new Set(listed.map(({ panel }) => panel).filter((panel) => panel !== undefined));
  t.same([...opened].sort(), Object.keys(panelKinds).sort());
});

t.test('CON-12 every place that says that something failed is made to fail', async (t) => {
  const saying = sourcesIn('console/src')
    .filter(({ text }) => text.includes('<Failed '))
    .map(({ path }) => path.replace('console/src/', ''));
  t.same([...new Set(failing.map(({ by }) => by))].sort(), saying.sort());
  for (const { view } of failing) t.ok(view in views, view);
});

t.test('CON-3 an address leads to the page that it names, and without one to the start', async (t) => {
  for (const [address, name, id] of [
    ['', 'start', ''],
    ['nothing/of/it', 'start', ''],
    ['pages', 'start', ''],
    ['pages/', 'start', ''],
    ['pages/p1', 'alarms', 'p1'],
    ['pages/p1/more', 'alarms', 'p1'],
    ['pages/p1/history', 'history', 'p1'],
    ['groups', 'groups', ''],
    ['audit', 'audit-pages', ''],
    ['audit/nothing', 'audit-pages', ''],
    ['audit/pages', 'audit-pages', ''],
    ['audit/pages/p1', 'audit-page', 'p1'],
    ['audit/evidence', 'audit-evidence', ''],
  ] as const)
    t.same(routeOf(address.split('/')), { name, id }, address);
});
