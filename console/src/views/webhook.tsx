/** The webhook of a subscription: how it is doing, its last tries, and another secret. */
import {
  listWebhookAttempts,
  putSubscription,
  rotateWebhookSecret,
  type SubscriptionWebhook,
  type WebhookAttempt,
  type WholeSubscription,
} from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { type Asked, Asks } from '../parts/asks.js';
import { Icon } from '../parts/icon.js';
import { Failed, Loading } from '../parts/lists.js';
import { PlainTable, Row } from '../parts/plain-table.js';
import { ShownOnce } from '../parts/shown-once.js';
import { Ago, Moment } from '../parts/time.js';
import { count, duration, plural, span } from '../state/format.js';
import { useLoaded } from '../state/loaded.js';
import { SERVER, token } from '../state/session.js';

interface WebhookProps {
  readonly one: WholeSubscription;
  readonly hook: SubscriptionWebhook;
  readonly reload: () => void;
}

export function Webhook({ one, hook, reload }: WebhookProps) {
  const [secret, setSecret] = useState<string>();
  const [isOpen, setOpen] = useState(false);
  const { name, types, pages } = one;
  const put = (webhook: SubscriptionWebhook | undefined) =>
    putSubscription(SERVER, token(), name, {
      ...(types && { types }),
      ...(pages && { pages }),
      ...(webhook && {
        webhook: { url: webhook.url, ...(webhook.max_age_s !== null && { maxAgeS: webhook.max_age_s }) },
      }),
    });
  const rotate: Asked = {
    label: 'Another secret …',
    icon: 'key',
    testId: 'rotate-secret',
    question: 'For 24 hours requests are signed with both; give the receiver the new one before that.',
    confirm: 'Make another secret',
    isSafe: true,
    run: async () => setSecret(await rotateWebhookSecret(SERVER, token(), name)),
  };
  const resume: Asked = {
    label: 'Resume …',
    icon: 'check',
    testId: 'resume-webhook',
    question: 'It is sent from where it stopped: everything that waits.',
    confirm: 'Resume',
    isSafe: true,
    run: () => put(hook),
  };
  const end: Asked = {
    label: 'End …',
    icon: 'trash',
    testId: 'end-webhook',
    question: 'Nothing is posted any more. The subscription stays, and so does its place.',
    confirm: 'End the webhook',
    run: () => put(undefined),
  };
  return (
    <article class="card" data-testid="webhook" aria-label={`Webhook of ${name}`}>
      <header class="card-head">
        <h3>
          Webhook of <bdi>{name}</bdi>
        </h3>
        <State one={one} hook={hook} />
      </header>
      <p class="note">
        <bdi>{hook.url}</bdi>
        {hook.max_age_s !== null && `; events older than ${span(hook.max_age_s)} are skipped`}
      </p>
      <Failing one={one} />
      {one.last_error !== null && one.positions.every(({ failing }) => failing === null) && (
        <p class="note" data-testid="webhook-last-error">
          The last try that failed, <Ago at={one.last_error.at} />: {one.last_error.error}
        </p>
      )}
      {hook.paused !== null && <p class="failure">Nothing is sent until you resume it: {hook.paused}</p>}
      {secret !== undefined && (
        <ShownOnce text={secret} testId="webhook-secret" done={() => setSecret(undefined)}>
          The new secret of the webhook of <bdi>{name}</bdi>. It is shown only now.
        </ShownOnce>
      )}
      <Asks
        of={`of the webhook of ${name}`}
        asks={[...(hook.paused === null ? [] : [resume]), rotate, end]}
        done={reload}
      />
      <details class="more" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          The last tries<span class="only-read"> of the webhook of {name}</span>
        </summary>
        {isOpen && <Tries name={name} />}
      </details>
    </article>
  );
}

function State({ one: { positions }, hook }: { one: WholeSubscription; hook: SubscriptionWebhook }) {
  const isFailing = positions.some(({ failing }) => failing !== null);
  const [icon, word] =
    hook.paused !== null
      ? (['off', 'Paused'] as const)
      : isFailing
        ? (['alert', 'Failing'] as const)
        : (['check', 'Sending'] as const);
  return (
    <span class="tag" data-state={word.toLowerCase()}>
      <Icon name={icon} /> {word}
    </span>
  );
}

/** The last error of each partition that fails. */
const Failing = ({ one: { positions, partitions } }: { one: WholeSubscription }) => (
  <>
    {positions.map(
      ({ partition, failing }) =>
        failing && (
          <p key={partition} class="failure" data-testid="webhook-failing">
            <Icon name="alert" />
            <span>
              {partitions > 1 && `Partition ${partition}: `}
              {failing.error}. Failed {plural(failing.times, 'time')} in a row; tried again{' '}
              <Ago at={failing.again_at} />.
            </span>
          </p>
        ),
    )}
  </>
);

const TITLES = ['At', 'Events', 'What came of it', 'Took'];
const OUTCOMES: Readonly<Record<WebhookAttempt['outcome'], string>> = {
  delivered: 'delivered',
  failed: 'failed',
  refused: 'not sent: the address is not allowed',
  gone: 'paused by the answer',
};

function Tries({ name }: { name: string }) {
  const { value, failure, reload } = useLoaded(() => listWebhookAttempts(SERVER, token(), name), [name]);
  if (failure !== undefined) return <Failed why={failure} again={reload} />;
  if (!value) return <Loading what="the tries" />;
  return (
    <>
      {value.skipped > 0 && <p class="note">{plural(value.skipped, 'event')} skipped: too old.</p>}
      {value.attempts.length === 0 ? (
        <p class="note">Nothing was tried yet.</p>
      ) : (
        <PlainTable titles={TITLES} testId="attempts">
          {[...value.attempts].reverse().map((attempt, at) => (
            <Row
              key={at}
              titles={TITLES}
              cells={[
                <Moment key="at" at={attempt.at} />,
                count(attempt.events),
                [OUTCOMES[attempt.outcome], attempt.status ?? '', attempt.error ?? ''].filter(Boolean).join(', '),
                duration(attempt.duration_ms),
              ]}
            />
          ))}
        </PlainTable>
      )}
    </>
  );
}
