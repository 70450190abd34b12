/** By which paths somebody had a right, since when, and who gave it. */
import type { AuditedPath } from '@alarm-server/client';
import { Person } from '../parts/person.js';
import { Moment } from '../parts/time.js';
import { heldWords } from '../state/audit.js';
import { knownGroup, shortId } from '../state/names.js';

export const AccessPaths = ({ paths }: { paths: readonly AuditedPath[] }) => (
  <ul>
    {paths.map((path) => (
      <li key={`${path.via} ${path.position}`}>
        <Way via={path.via} />: {heldWords[path.right]}, given by <Person id={path.granted_by} isAudited />,{' '}
        <Moment at={path.granted_at} /> (position {path.position})
        {path.member_since !== undefined && (
          <>
            ; in the group since <Moment at={path.member_since} />
            {path.member_added_by !== undefined && (
              <>
                , added by <Person id={path.member_added_by} isAudited />
              </>
            )}
          </>
        )}
      </li>
    ))}
  </ul>
);

function Way({ via }: Pick<AuditedPath, 'via'>) {
  if (via === 'owner') return <>As its owner</>;
  if (via === 'direct') return <>Directly</>;
  const id = via.slice('group:'.length);
  return (
    <>
      Through the group <bdi title={id}>{knownGroup(id, true) ?? shortId(id)}</bdi>
    </>
  );
}
