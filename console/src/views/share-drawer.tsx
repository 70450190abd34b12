/** Shares a page: with whom, who may do what and why, and what taking a right away would change before it is done. */
import { findUser, type Grant, listGroups, listShares, listViewers } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Drawer } from '../parts/drawer.js';
import { Failed, Loading } from '../parts/lists.js';
import { sharesChanged, store } from '../state/live.js';
import { useLoaded } from '../state/loaded.js';
import { learn } from '../state/names.js';
import { SERVER, token } from '../state/session.js';
import { GrantList } from './grant-list.js';
import { ShareForm } from './share-form.js';
import { TransferPage } from './transfer-page.js';
import { ViewerList } from './viewer-list.js';

export function ShareDrawer({ pageId }: { pageId: string }) {
  const page = store.value?.held.pages.get(pageId);
  const changes = sharesChanged.value;
  const [round, setRound] = useState(0);
  const loaded = useLoaded(async () => {
    // Somebody else may have become the owner since.
    if (!store.peek()?.held.pages.get(pageId)?.is_owner) return undefined;
    const [grants, viewers, groups] = await Promise.all([
      listShares(SERVER, token(), pageId),
      listViewers(SERVER, token(), pageId),
      listGroups(SERVER, token()),
    ]);
    for (const { user_id, username } of viewers) learn(user_id, username);
    return { grants: grants.filter(({ can_view, can_edit }) => can_view || can_edit), viewers, groups };
  }, [pageId, changes, round]);
  const again = (): void => setRound(round + 1);
  const { value, failure } = loaded;

  if (!page?.is_owner)
    return (
      <Drawer title="Share">
        <p>Only the owner of a page shares it.</p>
      </Drawer>
    );
  return (
    <Drawer title={`Share ${page.name}`}>
      <ShareForm
        pageId={pageId}
        groups={value?.groups ?? []}
        find={(username) => findUser(SERVER, token(), username)}
        done={again}
      />
      {value === undefined && failure === undefined && <Loading what="who may see this page" />}
      {failure !== undefined && <Failed why={failure} again={again} />}
      {value && (
        <>
          <GrantList
            grants={value.grants}
            viewers={value.viewers}
            nameOfGrant={(grant) => nameOfGrant(grant, value)}
            done={again}
          />
          <ViewerList viewers={value.viewers} />
          <TransferPage page={page} />
        </>
      )}
    </Drawer>
  );
}

type Read = {
  readonly viewers: Awaited<ReturnType<typeof listViewers>>;
  readonly groups: Awaited<ReturnType<typeof listGroups>>;
};

/** A group's name may be known although one is not in it: by the path of one who is. */
function nameOfGrant({ subject_type, subject_id }: Grant, { viewers, groups }: Read): string {
  if (subject_type === 'user') return viewers.find(({ user_id }) => user_id === subject_id)?.username ?? subject_id;
  const path = viewers.flatMap(({ paths }) => paths).find(({ via }) => via === `group:${subject_id}`);
  return groups.find(({ id }) => id === subject_id)?.name ?? path?.group_name ?? subject_id;
}
