/**
 * Every page of the console, by the address that leads to it. What is shown there: views/content.tsx; test/browser/console/views.ts
 * has each of them, in every size. Pure.
 */

export const routes = {
  /** Also what no other pattern fits. */
  start: '',
  alarms: 'pages/:id',
  history: 'pages/:id/history',
  groups: 'groups',
  programs: 'programs',
  operations: 'operations',
  /** `audit/pages` too. */
  'audit-pages': 'audit',
  'audit-page': 'audit/pages/:id',
  'audit-people': 'audit/people',
  'audit-changes': 'audit/changes',
  'audit-denied': 'audit/denied',
  'audit-evidence': 'audit/evidence',
} as const;

export type RouteName = keyof typeof routes;

export interface Route {
  readonly name: RouteName;
  /** What stands in the place of `:id`; empty without one. */
  readonly id: string;
}

/** What a browser's tab is called there. A page of alarms has its own name. */
export const titles: Readonly<Record<Exclude<RouteName, 'start' | 'alarms' | 'history'>, string>> = {
  groups: 'Groups',
  programs: 'Programs',
  operations: 'Operations',
  'audit-pages': 'Audit',
  'audit-page': 'Audit of a page',
  'audit-people': 'Audit of people',
  'audit-changes': 'Changes of access',
  'audit-denied': 'Denied',
  'audit-evidence': 'Evidence',
};

const patterns = (Object.entries(routes) as [RouteName, string][])
  .filter(([, pattern]) => pattern !== '')
  .map(([name, pattern]) => ({ name, parts: pattern.split('/') }))
  .sort((a, b) => b.parts.length - a.parts.length);

/** The longest pattern that the segments of an address begin with. */
export function routeOf(segments: readonly string[]): Route {
  for (const { name, parts } of patterns) {
    const fits = parts.every((part, at) => (part === ':id' ? (segments[at] ?? '') !== '' : segments[at] === part));
    if (fits) return { name, id: segments[parts.indexOf(':id')] ?? '' };
  }
  return { name: 'start', id: '' };
}
