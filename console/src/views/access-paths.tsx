/** By which paths somebody had a right, since when, and who gave it. */
import type { AuditedPath } from '@alarm-server/client';
import { Person } from '../parts/person.js';
import { Moment } from '../parts/time.js';
import { heldWords } from '../state/audit.js';
import { shortId } from '../state/names.js';

export const AccessPaths = ({ paths }: { paths: readonly AuditedPath[] }) => (
  <ul>
    {paths.map((path) => (
      <li key={`${path.via} ${path.position}`}>
        {wayOf(path)}: {heldWords[path.right]}, given by <Person id={path.granted_by} isAudited />,{' '}
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

const wayOf = ({ via }: AuditedPath): string =>
  via === 'owner' ? 'As its owner' : via === 'direct' ? 'Directly' : `Through the group ${shortId(via.slice(6))}`;
