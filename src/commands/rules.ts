/** The rules of docs/spec.md by which commands on pages and groups are allowed or refused. */
import type { Right } from '../domain/authorization.js';
import type { Refusal } from '../domain/refusals.js';
import type { Command } from './command.js';
import { deactivated } from './handling/handler-refusals.js';

/** What each right is: the rule that gives it. */
export const ruleOfRight: Readonly<Record<Exclude<Right, 'none'>, string>> = {
  own: 'PERM-1',
  edit: 'PERM-3',
  view: 'PERM-2',
};

/** Who may not see it: for them it does not exist. */
export const UNSEEN_RULE = 'PERM-7';
/** A deactivated account may do nothing. */
export const DEACTIVATED_RULE = 'ADM-5';

/** Rules of commands that have one of their own. */
const ownRules: Readonly<Record<string, string>> = {
  leave_page: 'PERM-11',
  transfer_page: 'PERM-13',
  add_group_member: 'PERM-9',
  remove_group_member: 'PERM-9',
  rename_group: 'PERM-14',
  delete_group: 'PERM-14',
  transfer_group: 'PERM-14',
  assign_page: 'PERM-16',
  assign_group: 'PERM-16',
};

/** The rule by which somebody without the right `needed` may not do what the command says. */
export const ruleOfLack = (kind: string, needed: Exclude<Right, 'none'>): string =>
  ownRules[kind] ?? (needed === 'own' ? 'PERM-4' : ruleOfRight[needed]);

/** The rule by which the command was refused; undefined if it was not refused for want of a right. */
export function ruleOfRefusal({ kind, target }: Command, refusal: Refusal): string | undefined {
  if (refusal === deactivated) return DEACTIVATED_RULE;
  if (refusal.code === 'not_found') return target === 'group' ? 'PERM-9' : UNSEEN_RULE;
  if (refusal.code !== 'permission_denied') return undefined;
  const needed = refusal.details?.['needed'] as Exclude<Right, 'none'> | undefined;
  return ruleOfLack(kind, needed ?? 'view');
}
