/** The result of a storm: the JSON that --json writes, and the same as text. */
import type { LatencySummary } from './latency.js';
import type { LoadOptions, StormOptions } from './options.js';
import { type Findings, faultLines, LATENCY_HEADING, latencyLine, verdictLines, workerLine } from './result.js';

export interface StormResult extends Findings {
  readonly options: LoadOptions & StormOptions;
  /** From the cut to the last one's state, in s. */
  readonly all_back_s: number;
  /** From a socket's first attempt to connect to its state. */
  readonly time_to_state: { readonly resumed: LatencySummary; readonly whole: LatencySummary };
  /** Failed attempts to connect, by reason; each was repeated. */
  readonly refused: Readonly<Record<string, number>>;
  /** Trigger to viewer, of the clients that stayed connected: before, from the cut until all were back, and then. `ratio`: the storm's p99 by the calm's. */
  readonly stayed: {
    readonly calm: LatencySummary;
    readonly storm: LatencySummary;
    readonly afterwards: LatencySummary;
    readonly ratio: number;
  };
  readonly triggers_per_s: number;
  /** By the server's own count; undefined where it does not report it. */
  readonly page_states: PageStatesMade | undefined;
  /** Different states that came, each compared with what a client that stayed connected was told. */
  readonly states_checked: number;
  readonly sockets_per_user: number;
}

/** The server's work on pages' states from just before the cut until all were back. */
export interface PageStatesMade {
  readonly pages: number;
  readonly sent: number;
  /** How often the text of a page was built, for all requests until the page changed. */
  readonly built: number;
  /** Alarms that were converted to text for that. */
  readonly alarms_made: number;
  /** The same, by the alarms there are: how often each page was converted to text as a whole. */
  readonly times_each_page: number;
  /** Events meanwhile: each changes an alarm, which has to be converted to text again. */
  readonly triggers: number;
  /** Processor time of the server meanwhile. */
  readonly cpu_s: number;
}

/** Goal for the p99 of connected viewers, as a multiple of the calm one. */
const RATIO = 5;

export function stormAsText(result: StormResult): string {
  const { options, stayed, time_to_state, page_states } = result;
  const refused = Object.entries(result.refused);
  return [
    `${options.viewers} sockets cut at once and back within ${options.spread} s, ${Math.round(options.fresh * 100)} % of them for the whole state; ${options.stay} stay; ${options.rate} triggers a second on ${options.pages} pages of ${Math.ceil(options.alarms / options.pages)} alarms`,
    `all in their right state ${result.all_back_s.toFixed(2)} s after the cut`,
    LATENCY_HEADING,
    latencyLine('connect → resumed', time_to_state.resumed),
    latencyLine('connect → whole', time_to_state.whole),
    latencyLine('stayed, calm', stayed.calm),
    latencyLine('stayed, storm', stayed.storm),
    latencyLine('stayed, afterwards', stayed.afterwards),
    `p99 of the clients that stayed connected: ${stayed.ratio.toFixed(2)} times that in calm (goal: below ${RATIO}: ${stayed.ratio < RATIO ? 'met' : 'missed'})`,
    page_states
      ? `the server sent ${page_states.sent} states of ${page_states.pages} pages, put ${page_states.built} together, and made ${page_states.alarms_made} alarms into text for it: each page ${page_states.times_each_page.toFixed(2)} times, with ${page_states.triggers} triggers meanwhile; it took ${page_states.cpu_s.toFixed(2)} s of processor time`
      : 'how often the server made a page into text: not available',
    `content checked: ${result.states_checked} different states compared with what a client that stayed connected was told; order checked: by seq`,
    refused.length > 0
      ? `attempts that failed and were made again: ${refused.map(([why, count]) => `${count} × ${why}`).join(', ')}`
      : 'no attempt to connect failed',
    `limits: ${result.sockets_per_user} sockets a user, all from one address (LIMIT_SOCKETS_PER_USER and LIMIT_SOCKETS_PER_ADDRESS: 100 and 1,000 unless the server has LIMITS=off)`,
    ...faultLines(result),
    workerLine(result.worker_cpu),
    ...verdictLines(result),
  ].join('\n');
}
