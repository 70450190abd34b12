/** Whether somebody could do something on a page as of a moment, by which rule, and why; for auditors. */
import { type Explanation, explainAccess } from '@alarm-server/client';
import { useEffect, useState } from 'preact/hooks';
import { Field, Save, submitted } from '../parts/form.js';
import { Select } from '../parts/select.js';
import { auditAt, given } from '../state/audit.js';
import { useAction } from '../state/commands.js';
import { SERVER, token } from '../state/session.js';
import { userIdOf } from '../state/user-id.js';
import { AccessPaths } from './access-paths.js';

/** `view`, or a command's type → what is shown. */
const ACTIONS = {
  view: 'see the page',
  trigger_alarm: 'trigger an alarm',
  ack_page: 'acknowledge the page',
  create_alarm: 'create an alarm',
  rename_page: 'rename the page',
  share_page: 'share the page',
  delete_page: 'delete the page',
  transfer_page: 'give the page away',
} as const;

export function AuditExplain({ pageId }: { pageId: string }) {
  const action = useAction();
  const at = auditAt.value;
  const [name, setName] = useState('');
  const [asked, setAsked] = useState<keyof typeof ACTIONS>('view');
  const [found, setFound] = useState<Explanation>();
  useEffect(() => setFound(undefined), [at, name, asked]);
  const explain = (): Promise<boolean> =>
    action.run(async () => {
      const user = await userIdOf(name.trim());
      setFound(await explainAccess(SERVER, token(), { user: user!, action: asked, page: pageId, ...given({ at }) }));
    });
  return (
    <section aria-labelledby="audit-explain-title">
      <h3 id="audit-explain-title">Could they?</h3>
      <form class="form line-form" onSubmit={submitted(explain)}>
        <Field
          label="Username"
          testId="explain-name"
          required
          spellcheck={false}
          autocapitalize="none"
          value={name}
          set={setName}
        />
        <Select label="Could" testId="explain-action" value={asked} options={ACTIONS} set={setAsked} />
        <Save action={action} label="Explain" testId="explain-save" />
      </form>
      {found && (
        <div class="sentence" data-testid="explanation" role="status">
          <p>
            <strong>{found.allowed ? 'Yes' : 'No'}</strong>, by the rule {found.rule}, as of position{' '}
            {found.as_of.position}.
          </p>
          <AccessPaths paths={found.because.filter((one) => 'via' in one)} />
          {found.because.map((one) => 'missing' in one && <p key={one.missing}>Missing: {one.missing}.</p>)}
        </div>
      )}
    </section>
  );
}
