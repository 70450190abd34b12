/** What the node that serves this page is doing: charts of the last minutes, each with its table. Nothing is asked while the page is hidden. */
import { getFigures, type Figures as Reading } from '@alarm-server/client';
import { useEffect, useState } from 'preact/hooks';
import { Blank, Failed, Loading } from '../parts/lists.js';
import { PlainTable, Row } from '../parts/plain-table.js';
import { Sparkline } from '../parts/sparkline.js';
import { Moment } from '../parts/time.js';
import { type Chart, charts, endings, POINTS, pointsOf } from '../state/figures.js';
import { count, measured } from '../state/format.js';
import { useLoaded } from '../state/loaded.js';
import { SERVER, token } from '../state/session.js';
import { useWhileSeen } from '../state/while-seen.js';

/** How often they are asked for while somebody looks, in ms. */
const EVERY_MS = 5_000;
const ENDINGS = ['Sockets', 'Since the start'];

export function Figures() {
  const { value, failure, isForbidden, reload } = useLoaded(() => getFigures(SERVER, token()), []);
  const [readings, setReadings] = useState<readonly Reading[]>([]);
  useEffect(() => {
    if (value) setReadings((held) => [...held, value].slice(-POINTS - 1));
  }, [value]);
  useWhileSeen(EVERY_MS, reload);
  if (isForbidden) return <Blank icon="key" title="Only operators see the figures." />;
  return (
    <section aria-labelledby="figures-title">
      <h2 id="figures-title">This node {value && <bdi class="note">{value.node}</bdi>}</h2>
      {value === undefined && failure === undefined && <Loading what="the figures" />}
      {value === undefined && failure !== undefined && <Failed why={failure} again={reload} />}
      {value && failure !== undefined && <p class="failure">{failure} What is shown is older.</p>}
      {value && (
        <>
          <div class="charts" data-testid="charts">
            {charts.map((chart) => (
              <ChartCard key={chart.title} chart={chart} readings={readings} />
            ))}
          </div>
          <PlainTable titles={ENDINGS} testId="endings">
            {endings(value).map(([reason, times]) => (
              <Row key={reason} titles={ENDINGS} cells={[reason, count(times)]} />
            ))}
          </PlainTable>
        </>
      )}
    </section>
  );
}

function ChartCard({ chart, readings }: { chart: Chart; readings: readonly Reading[] }) {
  const points = pointsOf(chart, readings);
  const last = points.at(-1)?.value;
  const shown = (value: number | undefined): string =>
    value === undefined ? 'nothing yet' : measured(value, chart.unit);
  const titles = ['At', chart.title];
  return (
    <figure class="chart">
      <figcaption>
        {chart.title} <strong>{points.length === 0 ? '…' : shown(last)}</strong>
      </figcaption>
      <Sparkline values={points.map(({ value }) => value)} label={`${chart.title}: ${shown(last)}`} slots={POINTS} />
      <details class="more">
        <summary>
          Table<span class="only-read"> of {chart.title}</span>
        </summary>
        <PlainTable titles={titles}>
          {[...points].reverse().map(({ at, value }) => (
            <Row key={at} titles={titles} cells={[<Moment key="at" at={at} />, shown(value)]} />
          ))}
        </PlainTable>
      </details>
    </figure>
  );
}
