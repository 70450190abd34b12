/** The history of a page or of one alarm: when how much happened, the page as it was, and every event. */
import { useEffect, useMemo } from 'preact/hooks';
import { Icon } from '../parts/icon.js';
import { Blank, Failed, Loading } from '../parts/lists.js';
import { address, hrefTo, pageHref } from '../state/address.js';
import { HistoryLog } from '../state/history-log.js';
import { store } from '../state/live.js';
import { AsOf } from './as-of.js';
import { DensityStrip } from './density-strip.js';
import { ExportButtons } from './export-buttons.js';
import { HistoryList } from './history-list.js';

export function History({ pageId }: { pageId: string }) {
  const alarmId = address.value.query.get('alarm') ?? undefined;
  const log = useMemo(() => new HistoryLog(pageId, alarmId), [pageId, alarmId]);
  const page = store.value?.held.pages.get(pageId);
  const alarm = alarmId === undefined ? undefined : store.value?.held.alarms.get(alarmId);
  const seq = page?.seq ?? -1;
  const state = log.state.value;
  useEffect(() => {
    void log.start(seq);
  }, [log]);
  const held = log.events.value.at(-1)?.seq ?? -1;
  useEffect(() => {
    if (state !== 'ready' || seq <= held) return;
    // Events come in bursts: one request for all of them.
    const timer = setTimeout(() => void log.newer(), 400);
    return () => clearTimeout(timer);
  }, [log, seq, held, state]);

  if (!page)
    return (
      <Blank icon="pages" isAll title="You cannot see this page.">
        <p>It does not exist, it was deleted, or it is no longer shared with you.</p>
      </Blank>
    );
  const events = log.events.value;
  return (
    <section class="page scrolls" aria-labelledby="history-title">
      <header class="page-head">
        <div class="page-title">
          <h1 id="history-title" title={alarm?.ticker ?? page.name}>
            History of <bdi>{alarm?.ticker ?? page.name}</bdi>
          </h1>
        </div>
        <div class="actions">
          <a class="button" href={pageHref(pageId)}>
            <Icon name="bell" /> Alarms
          </a>
          {alarmId !== undefined && (
            <a class="button" href={hrefTo(`pages/${encodeURIComponent(pageId)}/history`)}>
              <Icon name="history" /> Whole page
            </a>
          )}
          <ExportButtons log={log} name={alarm?.ticker ?? page.name} />
        </div>
      </header>
      {events.length > 0 && <DensityStrip events={events} total={alarmId === undefined ? seq + 1 : events.length} />}
      {events.length > 0 && (
        <AsOf page={page} only={alarmId === undefined ? undefined : { alarmId, seqs: events.map(({ seq }) => seq) }} />
      )}
      {state === 'loading' && <Loading what="the history" />}
      {state === 'failed' && (
        <Failed why={log.failure.value} again={() => void (held < 0 ? log.start(seq) : log.newer())} />
      )}
      {state === 'ready' && events.length === 0 && <Blank icon="history" title="Nothing has happened yet." />}
      <HistoryList log={log} />
    </section>
  );
}
