/**
 * A STAND-IN for an EventStoreDB server, for tests only. It speaks the real protocol over gRPC, by the definitions that the
 * client ships, so that the real client can be driven against it; and it misbehaves when it is told to.
 *
 * What it does: appends with expected revisions and idempotent repetition, reads and catch-up subscriptions of one stream and
 * of all, filters by prefix or regular expression, checkpoints, caught-up marks, soft deletes and tombstones.
 *
 * What it does NOT do: it stores nothing on disk, so it proves nothing of durability. It has no users and enforces no ACL; it
 * only stores what is written to $$ streams. $maxCount, $maxAge and $tb that a client writes have no effect. It knows no
 * links, persistent subscriptions, projections, cluster, gossip, TLS or HTTP (/health/live), and drops no subscriber for being
 * slow unless it is told to. It says nothing of a real server's speed. Its filters use JavaScript's regular expressions.
 */
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket, type Server as TcpServer } from 'node:net';
import featuresService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { Appends } from './appends.js';
import { Misbehaviour } from './misbehaviour.js';
import { type ReadCall, read, unserved } from './reads.js';
import { type ProposedEvent, StoredLog, systemEvent } from './stored-log.js';
import { Subscription } from './subscription.js';
import { consumerTooSlow, expectedOf, failureOf, notReady, placed, streamName } from './wire-messages.js';

/** What it says it is. */
const VERSION = '23.10.6';

export interface StandInSettings {
  /** A free one is taken without it, and kept over restarts. */
  readonly port?: number;
  /** Where the log begins, in bytes: 0 by default. */
  readonly firstPosition?: bigint;
  /** Of the choice which appends under way a kill writes. */
  readonly seed?: number;
}

export class StandIn {
  readonly misbehave = new Misbehaviour();
  readonly log: StoredLog;
  readonly #appends: Appends;
  readonly #arrivals = new EventEmitter();
  readonly #subscriptions = new Set<Subscription>();
  /** Of the connections at the door, so that they can be cut without a word. */
  readonly #sockets = new Set<Socket>();
  #random: number;
  #port: number;
  #inner: Server | undefined;
  /** The door: grpc-js itself cannot cut its connections as a killed process does. */
  #door: TcpServer | undefined;

  private constructor({ port = 0, firstPosition = 0n, seed = 1 }: StandInSettings) {
    this.log = new StoredLog(firstPosition);
    this.#port = port;
    this.#random = seed;
    this.#appends = new Appends(
      this.log,
      this.misbehave,
      () => this.#die(),
      () => this.#arrivals.emit('append'),
    );
    // A server has written of itself before anybody else does.
    this.log.append('$$$settings', 'any', [systemEvent('$metadata', { $acl: {} })]);
    this.appendStats();
  }

  static async start(settings: StandInSettings = {}): Promise<StandIn> {
    const standIn = new StandIn(settings);
    await standIn.start();
    return standIn;
  }

  get url(): string {
    return `esdb://127.0.0.1:${this.#port}?tls=false`;
  }

  get port(): number {
    return this.#port;
  }

  /** Serves what there is, on the port that it had. */
  async start(): Promise<void> {
    const server = new Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
    server.addService(streamsService.StreamsService, {
      read: (call: ReadCall) => void this.#read(call),
      append: (call: Parameters<Appends['single']>[0], answer: sendUnaryData<streams.AppendResp>) =>
        this.#appends.single(call, answer),
      batchAppend: (call: Parameters<Appends['batch']>[0]) => this.#appends.batch(call),
      delete: (call: { request: streams.DeleteReq }, answer: sendUnaryData<streams.DeleteResp>) =>
        void this.#delete(call.request, answer),
      tombstone: (call: { request: streams.TombstoneReq }, answer: sendUnaryData<streams.TombstoneResp>) =>
        void this.#tombstone(call.request, answer),
    });
    server.addService(featuresService.ServerFeaturesService, {
      getSupportedMethods: (_call: unknown, answer: sendUnaryData<features.SupportedMethods>) =>
        void this.misbehave
          .thawed()
          .then(() => (this.misbehave.notReady ? answer(notReady) : answer(null, supportedMethods()))),
    });
    const innerPort = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
    this.#inner = server;
    this.#door = createServer((outer) => this.#pass(outer, innerPort));
    this.#door.listen(this.#port, '127.0.0.1');
    await once(this.#door, 'listening');
    this.#port = (this.#door.address() as AddressInfo).port;
  }

  /** Ends all connections and keeps the log; appends under way are not written. */
  async stop(): Promise<void> {
    this.#appends.abandon(() => false);
    await this.#close();
  }

  /** Dies as from kill -9: no append under way is answered, and chance, by the seed, says which of them are written. */
  async kill(): Promise<void> {
    this.#die();
    await this.#close();
  }

  /** Cuts all connections, as a broken network does; the server goes on. */
  cutConnections(): void {
    this.#cut();
  }

  /** Resolves when so many appends have arrived that are not yet decided, because they are slow or the server is frozen. */
  async undecided(count: number): Promise<void> {
    while (this.#appends.undecided < count) await once(this.#arrivals, 'append');
  }

  /** Drops every subscription with the error that a server has for a consumer that is too slow; returns how many there were. */
  dropSubscriptions(): number {
    return this.#toSubscriptions((subscription) => subscription.drop(consumerTooSlow()));
  }

  /** Ends every subscription gracefully; returns how many there were. */
  endSubscriptions(): number {
    return this.#toSubscriptions((subscription) => subscription.end());
  }

  /** Somebody else appends to a stream, past the wire. Returns the event's revision. */
  appendForeign(stream: string, event: Partial<ProposedEvent> = {}): bigint {
    const result = this.log.append(stream, 'any', [{ ...systemEvent('ForeignEvent', {}), ...event }]);
    if (result.is !== 'success') throw new Error(`A foreign append failed: ${result.is}`);
    return result.revision;
  }

  /** The server writes about itself, as real ones do every 30 s. */
  appendStats(): void {
    this.log.append(`$stats-127.0.0.1:${this.#port}`, 'any', [systemEvent('$statsCollected', { 'proc-id': 1 })]);
  }

  #toSubscriptions(does: (subscription: Subscription) => void): number {
    const all = [...this.#subscriptions];
    for (const subscription of all) does(subscription);
    return all.length;
  }

  async #read(call: ReadCall): Promise<void> {
    call.on('error', () => undefined);
    await this.misbehave.thawed();
    if (call.cancelled) return;
    const options = call.request.getOptions();
    if (this.misbehave.notReady) return void call.emit('error', notReady);
    if (options?.hasCount() && !options.hasFilter()) return read(call, this.log);
    if (!options?.hasSubscription()) return void call.emit('error', unserved);
    const subscription = new Subscription(call, this.log, this.misbehave);
    this.#subscriptions.add(subscription);
    await subscription.feed();
    this.#subscriptions.delete(subscription);
  }

  async #delete(request: streams.DeleteReq, answer: sendUnaryData<streams.DeleteResp>): Promise<void> {
    const options = request.getOptions()!;
    await this.misbehave.thawed();
    const expected = expectedOf(options, options.getRevision());
    const name = streamName(options.getStreamIdentifier());
    const result = this.log.delete(name, expected, false);
    const failure = failureOf(result, name, expected);
    if (failure || result.is !== 'success') return answer(failure ?? notReady);
    const response = new streams.DeleteResp();
    response.setPosition(placed(new streams.DeleteResp.Position(), result.position!));
    answer(null, response);
  }

  async #tombstone(request: streams.TombstoneReq, answer: sendUnaryData<streams.TombstoneResp>): Promise<void> {
    const options = request.getOptions()!;
    await this.misbehave.thawed();
    const expected = expectedOf(options, options.getRevision());
    const name = streamName(options.getStreamIdentifier());
    const result = this.log.delete(name, expected, true);
    const failure = failureOf(result, name, expected);
    if (failure || result.is !== 'success') return answer(failure ?? notReady);
    const response = new streams.TombstoneResp();
    response.setPosition(placed(new streams.TombstoneResp.Position(), result.position!));
    answer(null, response);
  }

  #pass(outer: Socket, innerPort: number): void {
    const inner = connect(innerPort, '127.0.0.1');
    for (const socket of [outer, inner]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        outer.destroy();
        inner.destroy();
      });
    }
    outer.pipe(inner).pipe(outer);
  }

  #die(): void {
    this.#appends.abandon(() => this.#chance() < 0.5);
    this.#cut();
  }

  #cut(): void {
    // Not reset: for a killed process the client reports 'Connection dropped' (UNAVAILABLE), for a reset sometimes INTERNAL.
    for (const socket of this.#sockets) socket.destroy();
  }

  async #close(): Promise<void> {
    const door = this.#door;
    if (!door) return;
    this.#door = undefined;
    const closed = once(door, 'close');
    door.close();
    this.#cut();
    this.#inner?.forceShutdown();
    await closed;
  }

  /** In [0, 1): a linear congruential generator, with the constants of Numerical Recipes. */
  #chance(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 2 ** 32;
  }
}

function supportedMethods(): features.SupportedMethods {
  const supported = new features.SupportedMethods();
  supported.setEventStoreServerVersion(VERSION);
  for (const { path } of Object.values(streamsService.StreamsService)) {
    const [, service, method] = path.split('/');
    const entry = new features.SupportedMethod();
    // A server names them in lower case.
    entry.setServiceName(service!);
    entry.setMethodName(method!.toLowerCase());
    supported.addMethods(entry);
  }
  return supported;
}
