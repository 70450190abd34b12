/**
 * The parts that the server is composed of. They are started bottom up: a part is started after all that it uses. They are drained and
 * stopped top down. If a start fails, the parts that were started before are stopped in the same way.
 */

export interface Service {
  /** For errors. */
  readonly name: string;
  /** Starts its work. If it rejects, it has undone what it did: it is not stopped. */
  start?(): void | Promise<void>;
  /** Takes no new work and ends its current work in an orderly way. Everything that it uses still runs. */
  drain?(): void | Promise<void>;
  /** Ends it and releases what it holds. By then every service has been drained, and those that use it have been stopped. */
  stop?(): void | Promise<void>;
}

export class Services {
  /** In the order of their start. */
  readonly #running: Service[] = [];
  #stopping: Promise<void> | undefined;

  /** Starts a service that uses none but those started before. Rejects if it cannot start, or if the services are being stopped. */
  async start(service: Service): Promise<void> {
    if (this.#stopping) throw new Error(`${service.name} is not started: the server is stopping`);
    await service.start?.();
    this.#running.push(service);
  }

  /**
   * Drains all services, then stops all, each time the last started first. One that fails does not keep the others from being stopped:
   * then this rejects in the end, with the first error and the name of its service. Later calls get the result of the first.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const services = this.#running.splice(0).reverse();
    const errors: Error[] = [];
    for (const step of ['drain', 'stop'] as const)
      for (const service of services)
        try {
          await service[step]?.();
        } catch (error) {
          errors.push(new Error(`${service.name} did not ${step}: ${(error as Error).message}`, { cause: error }));
        }
    if (errors[0]) throw errors[0];
  }
}
