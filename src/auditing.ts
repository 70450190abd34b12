/** All that serves auditors: the evidence, and what was. Composed here, started and stopped by app.ts. */
import { Counter, type Registry } from 'prom-client';
import type { Auth } from './auth/auth.js';
import type { Evidence } from './evidence/evidence.js';
import { auditAccessEndpoints } from './http/audit-access-endpoints.js';
import { auditChangeEndpoint } from './http/audit-change-endpoint.js';
import { auditDeniedEndpoint } from './http/audit-denied-endpoint.js';
import { auditEventEndpoint } from './http/audit-event-endpoint.js';
import { auditExplainEndpoint } from './http/audit-explain-endpoint.js';
import { auditGroupEndpoint } from './http/audit-group-endpoint.js';
import { auditPageEndpoints } from './http/audit-page-endpoints.js';
import type { Endpoint } from './http/endpoint.js';
import { evidenceEndpoints } from './http/evidence-endpoints.js';
import { OpenStreams } from './http/open-streams.js';
import type { EventLog } from './log/event-log.js';
import { openTextReader } from './log/text-reader.js';
import type { LogSource, TextReader } from './log/text-source.js';
import type { ReadBudget } from './net/read-budget.js';
import type { Denials } from './processes/denials.js';
import { AsOfResolver } from './projections/as-of.js';
import type { Projection } from './projections/projection.js';
import type { Service } from './service.js';

export interface AuditingOptions {
  readonly log: EventLog;
  /** The same log, for reading its stored text. */
  readonly source: LogSource;
  readonly projection: Projection;
  readonly evidence: Evidence;
  readonly auth: Pick<Auth, 'authenticate' | 'auditReads'>;
  readonly reads: ReadBudget;
  readonly config: { readonly limits: { readonly eventStreamsPerUser: number } };
  readonly registry: Registry;
  readonly denials: Denials;
}

export interface Auditing {
  readonly endpoints: readonly Endpoint[];
  readonly services: readonly Service[];
}

export function createAuditing(options: AuditingOptions): Auditing {
  const { log, source, projection, evidence, auth, reads, config, registry, denials } = options;
  const { authenticate, auditReads } = auth;
  let opened: Promise<TextReader> | undefined;
  const parts = {
    authenticate,
    reads,
    onDenied: denials.note,
    log,
    projection,
    live: projection.live,
    asOf: new AsOfResolver(projection, log),
    onRead: auditReads.record.bind(auditReads),
  };
  observeDropped(registry, () => auditReads.dropped + denials.dropped);
  return {
    endpoints: [
      ...evidenceEndpoints({ ...parts, evidence }),
      ...auditPageEndpoints(parts),
      ...auditAccessEndpoints(parts),
      auditGroupEndpoint(parts),
      auditDeniedEndpoint(parts),
      auditChangeEndpoint(parts),
      auditExplainEndpoint(parts),
      auditEventEndpoint({
        ...parts,
        open: (json) => projection.texts.open(json),
        texts: () =>
          (opened ??= openTextReader(source).catch((error: unknown) => {
            opened = undefined;
            throw error;
          })),
        streams: new OpenStreams(config.limits.eventStreamsPerUser),
      }),
    ],
    services: [denials, { name: 'stored text', stop: async () => (await opened)?.close() }],
  };
}

function observeDropped(registry: Registry, dropped: () => number): void {
  new Counter({
    name: 'alarm_server_audit_events_dropped_total',
    help: 'Reads of auditors and refusals that were not recorded, because the log was full or did not answer.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(dropped());
    },
  });
}
