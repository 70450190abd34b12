/** What exists on the server that is fuzzed, as far as the fuzzer knows: ids, names and tokens that valid input can be made of. */

/** Of each kind this many of the newest are remembered: new ones have to be met too. */
const REMEMBERED = 40;

export class World {
  readonly users: string[] = [];
  readonly usernames: string[] = [];
  /** Of sessions that no valid message ends. */
  readonly tokens: string[] = [];
  readonly pages: string[] = [];
  readonly alarms: string[] = [];
  readonly groups: string[] = [];
  readonly logs: string[] = [];
  readonly positions: string[] = ['0'];
  readonly password: string;

  constructor(password: string) {
    this.password = password;
  }

  get ids(): readonly string[] {
    return [...this.pages, ...this.alarms, ...this.groups, ...this.users];
  }

  /** Reads what the server sent: a message of a socket or the JSON body of an answer. */
  heard(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const { page_id, alarm_id, log, position, page, pages, alarms, data, id, name, ticker } = value as Record<
      string,
      unknown
    >;
    remember(this.pages, page_id);
    remember(this.alarms, alarm_id);
    remember(this.logs, log);
    remember(this.positions, position);
    if (typeof ticker === 'string') remember(this.alarms, id);
    else if (typeof name === 'string' && 'members' in value) remember(this.groups, id);
    else if (typeof name === 'string' && 'seq' in value) remember(this.pages, id);
    for (const inner of [page, data]) this.heard(inner);
    for (const list of [pages, alarms])
      if (Array.isArray(list)) list.slice(-REMEMBERED).forEach((item) => this.heard(item));
  }
}

function remember(known: string[], value: unknown): void {
  if (typeof value !== 'string' || known.includes(value)) return;
  known.push(value);
  if (known.length > REMEMBERED) known.splice(Math.floor(known.length / 2), 1);
}
