/** Who may do what: every relation of a user to a page × every command and every read, over socket and HTTP. */
import t, { type Test } from 'tap';
import { alarmOn, type Granted, grant, makeGroup, sitDown } from './desk.js';
import { type Needs, type PageCommand, pageCommands, pageReads, type Subject } from './page-commands.js';
import { startServer } from './test-server.js';

type Right = 'none' | Needs;

interface Relation {
  readonly who: string;
  readonly right: Right;
  /** What the user and their two groups were granted. */
  readonly grants: readonly (readonly ['user' | 'desk' | 'night', Granted])[];
}

const relations: readonly Relation[] = [
  { who: 'the owner', right: 'own', grants: [] },
  { who: 'a direct viewer', right: 'view', grants: [['user', 'view']] },
  { who: 'a direct editor', right: 'edit', grants: [['user', 'edit']] },
  { who: 'a viewer through a group', right: 'view', grants: [['desk', 'view']] },
  { who: 'an editor through a group', right: 'edit', grants: [['desk', 'edit']] },
  {
    who: 'a direct viewer, editor through a group',
    right: 'edit',
    grants: [
      ['user', 'view'],
      ['desk', 'edit'],
    ],
  },
  {
    who: 'a direct editor, viewer through a group',
    right: 'edit',
    grants: [
      ['user', 'edit'],
      ['desk', 'view'],
    ],
  },
  {
    who: 'a viewer through one group, editor through another',
    right: 'edit',
    grants: [
      ['desk', 'view'],
      ['night', 'edit'],
    ],
  },
  {
    who: 'one whose grant was taken away',
    right: 'none',
    grants: [
      ['user', 'edit'],
      ['user', 'nothing'],
    ],
  },
  {
    who: 'one whose group lost its grant',
    right: 'none',
    grants: [
      ['desk', 'edit'],
      ['desk', 'nothing'],
    ],
  },
  { who: 'a stranger', right: 'none', grants: [] },
];

const rank: Readonly<Record<Right, number>> = { none: 0, view: 1, edit: 2, own: 3 };
const denial: Readonly<Record<Needs, string>> = {
  view: '',
  edit: 'Permission denied: cannot edit this page',
  own: 'Permission denied: only the owner of this page can do this',
};
const outcome = (right: Right, needs: Needs): 'done' | 'permission_denied' | 'not_found' =>
  right === 'none' ? 'not_found' : rank[right] >= rank[needs] ? 'done' : 'permission_denied';

const server = await startServer(t);
const [ownerPerson, actorPerson, otherPerson] = await Promise.all(
  ['owner', 'actor', 'other'].map((name) => server.person(name)),
);
const owner = await sitDown(t, server, ownerPerson!);
const actor = await sitDown(t, server, actorPerson!);
const subjects = {
  user: actorPerson!.id,
  desk: await makeGroup(owner, 'Desk', [actorPerson!]),
  night: await makeGroup(owner, 'Night', [actorPerson!]),
};

/** A new page with an alarm, to which the actor has the relation. */
async function stage({ grants }: Relation): Promise<Subject> {
  const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
  const alarm: string = (await owner.must('create_alarm', alarmOn(page))).data.id;
  for (const [to, granted] of grants)
    await owner.must('share_page', grant(page, to === 'user' ? 'user' : 'group', subjects[to], granted));
  return { page, alarm, user: otherPerson!.id };
}

async function tryCommand(t: Test, command: PageCommand, relation: Relation): Promise<void> {
  const who = relation.who === 'the owner' ? owner : actor;
  const expected = outcome(relation.right, command.needs);
  const title = `${relation.who}: ${command.type} is ${expected}`;

  const answer = await who.ask(command.type, command.payload(await stage(relation)));
  if (expected === 'done') t.equal(answer.type, 'success', `${title} over the socket`);
  else t.match(answer, { type: 'error', payload: { code: expected } }, `${title} over the socket`);
  if (expected === 'permission_denied') t.equal(answer.payload.message, denial[command.needs]);

  const subject = await stage(relation);
  const { status, json } = await who.http(command.method, command.path(subject), { body: command.body?.(subject) });
  if (expected === 'done') t.equal(status, command.status, `${title} over HTTP`);
  else
    t.match(
      { status, ...json },
      { status: expected === 'not_found' ? 404 : 403, code: expected, detail: answer.payload.message },
      `${title} over HTTP`,
    );
}

const rules: readonly (readonly [rule: string, needs: Needs])[] = [
  ['PERM-2 users with view access trigger its alarms, nobody else', 'view'],
  ['PERM-3 users with edit access create, change and delete its alarms, nobody else', 'edit'],
  ['PERM-4 only the owner renames, deletes and shares a page', 'own'],
];
for (const [rule, needs] of rules) {
  t.test(rule, async (t) => {
    for (const command of pageCommands.filter((command) => command.needs === needs))
      for (const relation of relations) await tryCommand(t, command, relation);
  });
}

t.test('PERM-2 users with view access read it and its history; PERM-4 only its owner its shares', async (t) => {
  for (const relation of relations) {
    const who = relation.who === 'the owner' ? owner : actor;
    const subject = await stage(relation);
    for (const read of pageReads) {
      const expected = outcome(relation.right, read.needs);
      const { status, json } = await who.http('GET', read.path(subject));
      t.equal(
        status,
        { done: 200, permission_denied: 403, not_found: 404 }[expected],
        `${relation.who}: GET ${read.path({ page: '{page}', alarm: '{alarm}', user: '' })}`,
      );
      if (expected !== 'done') t.equal(json.code, expected);
    }
    const { json: listed } = await who.http('GET', '/pages');
    t.equal(
      listed.some(({ id }: { id: string }) => id === subject.page),
      relation.right !== 'none',
      `${relation.who}: GET /pages`,
    );
  }
});

t.test('PERM-5 the state on joining shows exactly the pages one may see, with the rights one has', async (t) => {
  for (const relation of relations) {
    const { page, alarm } = await stage(relation);
    const { pages, alarms } = (await sitDown(t, server, relation.who === 'the owner' ? ownerPerson! : actorPerson!))
      .initial.payload;
    const shown = pages.find(({ id }: { id: string }) => id === page);
    t.equal(shown !== undefined, relation.right !== 'none', `${relation.who} sees it or not`);
    t.equal(
      alarms.some(({ id }: { id: string }) => id === alarm),
      relation.right !== 'none',
      `${relation.who} sees its alarm or not`,
    );
    if (shown)
      t.match(
        shown,
        {
          is_owner: relation.right === 'own',
          can_share: relation.right === 'own',
          can_edit: rank[relation.right] >= rank.edit,
        },
        `${relation.who} is told their rights`,
      );
  }
});

t.test('PERM-1 the owner keeps every right, whatever was granted to them or taken from them', async (t) => {
  for (const granted of ['view', 'nothing'] as const) {
    const subject = await stage({ who: 'the owner', right: 'own', grants: [] });
    await owner.must('share_page', grant(subject.page, 'user', ownerPerson!.id, granted));
    for (const { type, payload } of pageCommands) {
      // Each on an alarm of its own: one of the commands deletes it.
      const alarm = (await owner.must('create_alarm', alarmOn(subject.page))).data.id;
      t.equal(
        (await owner.ask(type, payload({ ...subject, alarm }))).type,
        'success',
        `${type} after a grant of ${granted}`,
      );
    }
  }
});
