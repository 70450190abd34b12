/** One page as of a moment, for auditors: who could see it and why, its alarms, and its whole history. */
import { auditedHistory, auditedPage, pageAccess } from '@alarm-server/client';
import { FreeText } from '../parts/free-text.js';
import { Failed, Loading } from '../parts/lists.js';
import { Person } from '../parts/person.js';
import { PlainTable, Row } from '../parts/plain-table.js';
import { Moment } from '../parts/time.js';
import { hrefTo } from '../state/address.js';
import { auditAt, heldWords } from '../state/audit.js';
import { subjectOf, what } from '../state/event-words.js';
import { plural } from '../state/format.js';
import { useLoaded } from '../state/loaded.js';
import { learn } from '../state/names.js';
import { patiently } from '../state/patience.js';
import { SERVER, token } from '../state/session.js';
import { AccessPaths } from './access-paths.js';
import { AlarmsThen } from './alarms-then.js';
import { AuditExplain } from './audit-explain.js';

/** Events that are shown: the newest. */
const EVENTS = 500;
const SUBJECTS = ['Who', 'Right', 'By which paths'];
const EVENT_TITLES = ['Event', 'At', 'Who', 'What'];

export function AuditPage({ id }: { id: string }) {
  const at = auditAt.value;
  const { value, failure, reload } = useLoaded(async () => {
    const access = await patiently(() => pageAccess(SERVER, token(), id, at));
    for (const { user_id, username } of access.subjects) learn(user_id, username);
    learn(access.page.owner_id, access.page.owner);
    const then = await patiently(() => auditedPage(SERVER, token(), id, `@${access.as_of.position}`));
    const { seq } = access.page;
    const afterSeq = Math.max(-1, seq - EVENTS);
    const { events } = await patiently(() => auditedHistory(SERVER, token(), id, { afterSeq, limit: EVENTS }));
    return { access, then, events: events.filter((event) => event.seq <= seq).reverse() };
  }, [id, at]);
  if (value === undefined && failure === undefined) return <Loading what="the page" />;
  if (failure !== undefined) return <Failed why={failure} again={reload} />;
  if (!value) return null;
  const { page, subjects, as_of } = value.access;
  return (
    <>
      <section aria-labelledby="audit-page-title">
        <h2 id="audit-page-title">
          <bdi>{page.name}</bdi>
        </h2>
        <p class="note">
          Owned by <bdi>{page.owner}</bdi>; event {page.seq}; as of position {as_of.position}, <Moment at={as_of.at} />
          {page.deleted_at !== undefined && (
            <>
              ; deleted <Moment at={page.deleted_at} />
            </>
          )}
          .
        </p>
      </section>
      <section aria-labelledby="audit-access-title">
        <h3 id="audit-access-title">Who could see it</h3>
        <PlainTable titles={SUBJECTS} testId="audit-access">
          {subjects.map(({ user_id, username, right, active, paths }) => (
            <Row
              key={user_id}
              titles={SUBJECTS}
              cells={[
                <a key="who" href={hrefTo('audit/people', { name: username, at })}>
                  <bdi>{username}</bdi>
                </a>,
                active === false ? `${heldWords[right]}; the account was deactivated` : heldWords[right],
                <AccessPaths key="paths" paths={paths} />,
              ]}
            />
          ))}
        </PlainTable>
      </section>
      <AuditExplain pageId={id} />
      <section aria-labelledby="audit-alarms-title">
        <h3 id="audit-alarms-title">Its alarms</h3>
        <AlarmsThen then={value.then.alarms} />
      </section>
      <section aria-labelledby="audit-history-title">
        <h3 id="audit-history-title">
          Its history{' '}
          <span class="note">
            {value.events.length < page.seq + 1 ? `the last ${value.events.length} of ` : ''}
            {plural(page.seq + 1, 'event')}
          </span>
        </h3>
        <PlainTable titles={EVENT_TITLES} testId="audit-history">
          {value.events.map((event) => (
            <Row
              key={event.seq}
              titles={EVENT_TITLES}
              data-seq={event.seq}
              cells={[
                String(event.seq),
                <Moment key="at" at={event.at} />,
                <Person key="by" id={event.by} isAudited />,
                <div key="what">
                  <bdi>{[what(event, true), subjectOf(event)].filter(Boolean).join(': ')}</bdi>
                  {event.comment !== undefined && <FreeText text={event.comment} />}
                </div>,
              ]}
            />
          ))}
        </PlainTable>
      </section>
    </>
  );
}
