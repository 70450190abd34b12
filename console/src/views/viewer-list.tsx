/** Who may see a page, with which right, and by which paths. */
import type { Viewer } from '@alarm-server/client';
import { rightWords } from '../state/rights.js';

const pathWords = ({ via, group_name }: Viewer['paths'][number]): string =>
  via === 'owner' ? 'as its owner' : via === 'direct' ? 'directly' : `through ${group_name ?? 'a group'}`;

export const ViewerList = ({ viewers }: { viewers: readonly Viewer[] }) => (
  <section aria-label="Who may see it">
    <h3>Who may see it</h3>
    <ul class="people">
      {viewers.map(({ user_id, username, right, paths }) => (
        <li key={user_id} class="person">
          <div class="person-line">
            <bdi class="page-name" title={username}>
              {username}
            </bdi>
            <span class="note">{rightWords[right]}</span>
          </div>
          {right !== 'own' && <p class="hint">{paths.map(pathWords).join(', ')}</p>}
        </li>
      ))}
    </ul>
  </section>
);
