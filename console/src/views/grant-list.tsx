/** What was granted, to whom; changing it, and taking it away. */
import type { Grant, Viewer } from '@alarm-server/client';
import { Asks } from '../parts/asks.js';
import { Failure } from '../parts/form.js';
import { Icon } from '../parts/icon.js';
import { useAction } from '../state/commands.js';
import { client } from '../state/live.js';
import { type Loss, lossesOf, rightOfGrant, rightWords, viaOf } from '../state/rights.js';

interface ListProps {
  readonly grants: readonly Grant[];
  readonly viewers: readonly Viewer[];
  readonly nameOfGrant: (grant: Grant) => string;
  readonly done: () => void;
}

export function GrantList(props: ListProps) {
  const { grants, nameOfGrant } = props;
  if (grants.length === 0) return <p class="note">It is shared with nobody yet.</p>;
  return (
    <section aria-label="Granted">
      <h3>Granted</h3>
      <ul class="people">
        {grants.map((grant) => (
          <GrantItem key={`${viaOf(grant)} ${grant.subject_id}`} grant={grant} name={nameOfGrant(grant)} {...props} />
        ))}
      </ul>
    </section>
  );
}

function GrantItem({ grant, name, grants, viewers, done }: ListProps & { grant: Grant; name: string }) {
  const action = useAction();
  const right = rightOfGrant(grant);
  const give = (next: Pick<Grant, 'can_view' | 'can_edit'>) => (id: string) =>
    client.value!.sharePage({ ...grant, ...next }, { id });
  const toggle = async (): Promise<void> => {
    if (await action.run(give({ can_view: true, can_edit: right !== 'edit' }))) done();
  };
  return (
    <li class="person" data-testid="grant">
      <div class="person-line">
        <Icon name={grant.subject_type === 'group' ? 'group' : 'share'} />
        <bdi class="page-name" title={name}>
          {name}
        </bdi>
        <span class="note">{rightWords[right]}</span>
      </div>
      <Asks
        of={`from ${name}`}
        done={done}
        asks={[
          {
            label: 'Revoke …',
            testId: 'revoke',
            question: <Losses losses={lossesOf(grant, 'none', viewers, grants)} />,
            confirm: 'Revoke',
            confirmTestId: 'revoke-confirm',
            run: give({ can_view: false, can_edit: false }),
          },
        ]}
      >
        <button type="button" class="button small" onClick={() => void toggle()}>
          {right === 'edit' ? 'View only' : 'Let edit'}
          <span class="only-read">: {name}</span>
        </button>
      </Asks>
      <Failure action={action} />
    </li>
  );
}

function Losses({ losses }: { losses: readonly Loss[] }) {
  if (losses.length === 0) return <p>Nobody's right changes: all keep theirs by another way.</p>;
  return (
    <>
      <p>This changes at once:</p>
      <ul>
        {losses.slice(0, 8).map(({ user_id, username, before, after }) => (
          <li key={user_id}>
            <bdi>
              <strong>{username}</strong>
            </bdi>{' '}
            {rightWords[before]} now, and then {rightWords[after]}
          </li>
        ))}
        {losses.length > 8 && <li>and {losses.length - 8} more</li>}
      </ul>
    </>
  );
}
