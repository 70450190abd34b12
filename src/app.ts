/** The whole server, and the only place that names every adapter. `startApp` builds and starts it bottom up, `stop` drains and stops it top down (service.ts). */
import './net/request-head-limit.js';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { observeAlarms } from './alarm-metrics.js';
import { createAuditing } from './auditing.js';
import { createAuth } from './auth/auth.js';
import { clientOf } from './auth/client-address.js';
import { resolveSecret } from './auth/secret.js';
import { nameStream } from './auth/usernames.js';
import { CommandHandler } from './commands/handling/handler.js';
import { HEAP_FRACTION, HeapGuard } from './commands/handling/heap-guard.js';
import { WriteQuota } from './commands/handling/write-quota.js';
import { type Config, readModelFile } from './config.js';
import { openFilesLimit } from './descriptors.js';
import { diskSpace } from './disk-space.js';
import { openEngine, openEvidence } from './engine.js';
import { AcceptLimiter } from './gateway/accept-limiter.js';
import { asyncApiDocument } from './gateway/asyncapi.js';
import { Gateway } from './gateway/gateway.js';
import { accessTokenEndpoints } from './http/access-token-endpoints.js';
import { accountEndpoints } from './http/account-endpoints.js';
import { adminEndpoints } from './http/admin-endpoints.js';
import { commandEndpoints } from './http/command-endpoints.js';
import { consoleFiles } from './http/console-files.js';
import type { Endpoint } from './http/endpoint.js';
import { historyEndpoints } from './http/history-endpoints.js';
import { serveEndpoints } from './http/http-server.js';
import { openApiDocument } from './http/openapi.js';
import { passwordResetEndpoint } from './http/password-reset-endpoint.js';
import { peopleEndpoints } from './http/people-endpoints.js';
import { readEndpoints } from './http/read-endpoints.js';
import { ReplyStreams } from './http/reply-streams.js';
import { sessionEndpoints } from './http/session-endpoints.js';
import { systemEndpoints, watchedEndpoints } from './http/system-endpoints.js';
import { Listening } from './listening.js';
import { lockDataFolder } from './log/data-lock.js';
import type { EventLog } from './log/event-log.js';
import { Metrics } from './metrics.js';
import { AllowedOrigins } from './net/allowed-origins.js';
import { Connections } from './net/connections.js';
import { ReadBudget } from './net/read-budget.js';
import { RefusalLog } from './net/refusal-log.js';
import { trustedProxies } from './net/trusted-proxies.js';
import { Undelivered } from './net/undelivered.js';
import { Denials, notingRefusals } from './processes/denials.js';
import { TimedProcess } from './processes/process.js';
import { alarmTimers } from './processes/timers/alarm-timers.js';
import { observePrograms } from './program-metrics.js';
import { createPrograms } from './programs.js';
import { AsOfResolver } from './projections/as-of.js';
import { Projection } from './projections/projection.js';
import { clientAddressBehind } from './proxies.js';
import { endWhenRestored } from './restored-log.js';
import { Services } from './service.js';
import { startWatching } from './watching.js';

/** How long a close frame has to reach its client, in milliseconds: twice the longest round trip on the internet. */
const GOODBYE_MS = 500;

export interface App {
  /** The port it listens on: the configured one, or the one that the system chose for 0. */
  readonly port: number;
  readonly log: EventLog;
  readonly projection: Projection;
  /** Reads the certificate again and uses it for new connections. Undefined if there is none; throws if it is not valid. */
  reloadCertificate(): readonly string[] | undefined;
  /** Stops accepting connections, closes every socket with 1001, writes pending data. */
  stop(): Promise<void>;
}

/** `onFatal` is called when the server cannot go on; it must end the process. Throws with a sentence if it cannot start. */
export async function startApp(config: Config, logger: Logger, onFatal: (error: Error) => void): Promise<App> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const lock = lockDataFolder(config.dataDir, (notice) => logger.warn(notice));
  const services = new Services();

  try {
    await services.start({ name: 'data folder', stop: () => lock.release() });
    const secret = resolveSecret({
      configured: config.jwtSecret,
      production: config.production,
      isShared: config.eventStore !== undefined,
      dataDir: config.dataDir,
    });
    for (const notice of secret.notices) logger.warn(notice);

    const clientAddress = clientAddressBehind(config.trustedProxies, logger);
    const metrics = new Metrics();
    const engine = await openEngine(config, { logger, metrics, onFatal });
    const { log, states, source } = engine;
    await services.start({ name: 'log', stop: () => engine.close() });
    const projection = await Projection.start(log, {
      file: readModelFile(config.dataDir),
      onDiscard: (reason) => logger.warn(`The read model is built anew: ${reason}`),
      onFull: () =>
        logger.error(
          'The disk is full: commands are refused with store_full and the read model waits for room; reading still works. This message is repeated at most once a minute',
        ),
      onRoom: () => logger.info('There is room on the disk again: the read model is written'),
      onFailed: (message) =>
        onFatal(
          new Error(
            `The read model cannot be used any more (${message}). It has been deleted, and the next start builds it anew from the log`,
          ),
        ),
      onDelivered: (milliseconds, _events, last) => {
        metrics.pushed(milliseconds);
        engine.delivered(last);
      },
    });
    await services.start({ name: 'projection', stop: () => projection.close() });
    await projection.caughtUp;
    const early = config.acceptClock ? undefined : projection.clock.whyRefused();
    if (early !== undefined) throw new Error(early);
    projection.clock.onBehind = (behindMs) =>
      logger.warn(
        { behind_ms: Math.round(behindMs) },
        "this machine's clock is behind the newest event in the log: new events get that event's time plus the time that has passed since the start",
      );
    const evidence = openEvidence(config, log.id, logger);
    await services.start(evidence);
    const heapGuard = new HeapGuard({
      onChange: (isFull) =>
        isFull
          ? logger.error(
              { limit: HEAP_FRACTION },
              'The heap is nearly full: nothing more can be created until something is deleted. Raise --max-old-space-size, or delete pages and alarms',
            )
          : logger.info('The heap has room again: pages and alarms can be created'),
    });
    const mayGrow = (): boolean => heapGuard.allows();
    const auth = createAuth({
      log,
      states,
      projection,
      secret: secret.secret,
      olderSecrets: secret.older,
      expireMinutes: config.tokenExpireMinutes,
      sessionDays: config.sessionExpireDays,
      limits: config.limits,
      mayGrow,
    });
    const { sessions, tickets, accounts, authenticate } = auth;
    const denials = new Denials({ log, projection });
    const quota = new WriteQuota(config.limits, () => diskSpace(config.dataDir));
    const handling = new CommandHandler({
      log,
      projection,
      limits: config.limits,
      heapGuard,
      quota,
      updatesAtOnce: (pageId) => gateway.updatesAtOnce(pageId),
      onSettled: notingRefusals(denials, (kind, outcome) => metrics.settled(kind, outcome)),
    });
    const acceptLimiter = new AcceptLimiter();
    const allowedOrigins = new AllowedOrigins(config.allowedOrigins);
    const refusals = new RefusalLog(logger);
    const isProxy = trustedProxies(config.trustedProxies);
    const connections: Connections = new Connections({
      connectionsPerAddress: config.limits.connectionsPerAddress,
      descriptors: openFilesLimit(),
      sockets: () => gateway.sockets,
      addressOf: (peer) => (isProxy(peer) ? undefined : clientOf(peer)),
      onRefused: (why, address) =>
        refusals.write(
          { address },
          why === 'address'
            ? 'connection closed: too many from this address (LIMIT_CONNECTIONS_PER_ADDRESS)'
            : 'connection closed: as many files are open as the system allows (ulimit -n)',
        ),
    });
    const onRequest = (): void => acceptLimiter.asked();
    const reads = new ReadBudget(config.limits);
    const undelivered = new Undelivered({ limitBytes: config.limits.undeliveredBytes });
    const gateway: Gateway = new Gateway({
      logId: log.id,
      projection,
      handling,
      sessions,
      tickets,
      clientAddress,
      onUpgrade: (peer) => connections.upgraded(peer),
      allowedOrigins,
      refusals,
      reads,
      undelivered,
      limits: config.limits,
      onRequest,
      ends: metrics.sockets,
      logger,
    });
    const timers = alarmTimers({ projection, log, handling, quota, limits: config.limits });
    observeAlarms(metrics.registry, projection, timers);
    metrics.observe({
      heapFull: () => heapGuard.isFull,
      sockets: () => gateway.sockets,
      joining: () => gateway.joining,
      connections,
      connectionsWaiting: () => acceptLimiter.waiting,
      loopBreaks: () => gateway.loopBreaks,
      undelivered,
      pageStates: projection.pageStates.counts,
      lag: () => projection.writer.lag,
      evidence,
    });

    const onAttempt = (outcome: string): void => metrics.webhookTried(outcome);
    const programs = await createPrograms({ log, states, projection, authenticate, reads, config, onAttempt, logger });
    observePrograms(metrics.registry, programs.figures);
    // After the gateway: when a command is answered, its update has been sent to the sockets.
    projection.listen((folded, data) => handling.onFolded(folded, data));
    projection.listen(({ isVoid }) => isVoid && metrics.voided());
    endWhenRestored(projection, onFatal);
    const { registry } = metrics;
    const auditing = createAuditing({ log, source, projection, evidence, auth, config, registry, reads, denials });
    const watched = watchedEndpoints({ projection, evidence, registry, metricsToken: config.metrics.token });
    const read = { projection, authenticate, reads, onDenied: denials.note, asOf: new AsOfResolver(projection, log) };
    const endpoints: Endpoint[] = [
      ...accountEndpoints({
        accounts,
        invitations: auth.invitations,
        registration: config.registration,
        live: projection.live,
        authenticate,
        reads,
      }),
      passwordResetEndpoint(accounts, auth.passwordResets),
      ...sessionEndpoints({
        accounts,
        usernameOf: (userId) => projection.live.users.get(userId)?.username,
        sessions,
        authenticate,
        tickets,
        reads,
      }),
      ...accessTokenEndpoints({ programs: auth.programs, projection, authenticate, reads }),
      ...commandEndpoints(handling, authenticate, reads),
      ...readEndpoints(read),
      ...peopleEndpoints({ nameStream, ...read }),
      ...historyEndpoints(read),
      ...programs.endpoints,
      ...auditing.endpoints,
      ...adminEndpoints({
        at: () => projection.clock.at(),
        handling,
        administration: auth.administration,
        invitations: auth.invitations,
        registration: config.registration,
        live: projection.live,
        sessions,
        secrets: [secret.secret, ...secret.older],
        reads,
        onDenied: denials.note,
        mayGrow,
        sockets: gateway.administered,
        node: `${hostname()}:${config.port}`,
        registry,
      }),
      ...(config.metrics.port === undefined ? watched : []),
      ...systemEndpoints({ version, asyncApi: asyncApiDocument, openApi: () => openApiDocument(endpoints, version) }),
    ];
    const page = consoleFiles((sentence) => logger.warn(sentence));
    const replyStreams = new ReplyStreams({ undelivered, logger });
    const served = { clientAddress, allowedOrigins, undelivered, streams: replyStreams, onRequest, refusals, logger };
    const listening = Listening.start({
      ...config,
      serve: (app) => {
        acceptLimiter.attach(connections.guarding(app));
        gateway.attach(app);
        serveEndpoints(app, [...endpoints, ...page], { ...served, connections, isTls: config.tls !== undefined });
      },
    });
    const watching = startWatching(config.metrics, watched, served);
    if (watching) await services.start(watching);
    await services.start({ name: 'commands', stop: () => handling.close() });
    await services.start({ name: 'gateway', drain: () => gateway.close(GOODBYE_MS) });
    for (const work of [timers, ...gateway.timedWork]) await services.start(new TimedProcess(work));
    await services.start({ name: 'streamed replies', drain: () => replyStreams.drain() });
    await services.start({ name: 'port', drain: () => listening.close(), stop: () => listening.cut() });
    for (const service of [...programs.services, ...auditing.services]) await services.start(service);
    return {
      port: listening.port,
      log,
      projection,
      reloadCertificate: () => listening.reloadCertificate(),
      stop: () => services.stop(),
    };
  } catch (error) {
    // Only the first error is thrown.
    await services
      .stop()
      .catch((left: unknown) => logger.error({ err: left }, 'cleaning up after the failed start failed too'));
    throw error;
  }
}
