/** Every page of a moment, deleted ones too. */
import { auditedPages } from '@alarm-server/client';
import { useRef, useState } from 'preact/hooks';
import { Failed, Loading } from '../parts/lists.js';
import { PlainTable, Row } from '../parts/plain-table.js';
import { Moment } from '../parts/time.js';
import { hrefTo } from '../state/address.js';
import { auditAt, given } from '../state/audit.js';
import { count, plural } from '../state/format.js';
import { usePaged } from '../state/paged.js';
import { SERVER, token } from '../state/session.js';

/** Pages of one request. */
const PART = 500;
const TITLES = ['Name', 'Owner', 'Events', 'Deleted'];

export function AuditPages() {
  const at = auditAt.value;
  const [text, setText] = useState('');
  /** Of the first part: the others are as of the same. */
  const position = useRef<string | undefined>(undefined);
  const { items, failure, more, again } = usePaged(
    async (after) => {
      const asOf = after === undefined ? at : position.current;
      const { pages, next, as_of } = await auditedPages(SERVER, token(), {
        ...given({ at: asOf, after }),
        limit: PART,
      });
      position.current = `@${as_of.position}`;
      return { items: pages, next };
    },
    [at],
  );
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const shown = (items ?? []).filter(({ name, owner }) => {
    const found = `${name}\n${owner}`.toLocaleLowerCase();
    return words.every((word) => found.includes(word));
  });
  return (
    <section aria-labelledby="audit-pages-title">
      <div class="section-head">
        <h2 id="audit-pages-title">
          Pages {items && <span class="note">as of position {position.current?.slice(1)}</span>}
        </h2>
        <label class="filter">
          <span class="only-read">Filter by name and owner</span>
          <input
            type="search"
            data-testid="audit-filter"
            placeholder="Filter: name, owner"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
      </div>
      {items === undefined && failure === undefined && <Loading what="the pages" />}
      {items?.length === 0 && <p class="note">There was no page yet.</p>}
      {items && items.length > 0 && shown.length === 0 && <p class="note">No page fits the filter.</p>}
      {shown.length > 0 && (
        <PlainTable titles={TITLES} testId="audit-pages-table">
          {shown.map(({ id, name, owner, seq, deleted_at }) => (
            <Row
              key={id}
              titles={TITLES}
              data-testid="audit-page"
              data-page-id={id}
              cells={[
                <a key="name" href={hrefTo(`audit/pages/${encodeURIComponent(id)}`, { at })}>
                  <bdi>{name}</bdi>
                </a>,
                <bdi key="owner">{owner}</bdi>,
                count(seq + 1),
                deleted_at === undefined ? null : <Moment key="deleted" at={deleted_at} />,
              ]}
            />
          ))}
        </PlainTable>
      )}
      {failure !== undefined && <Failed why={failure} again={again} />}
      {more && failure === undefined && (
        <button type="button" class="button" onClick={more}>
          Show more than {plural(items?.length ?? 0, 'page')}
        </button>
      )}
    </section>
  );
}
