/** A forked worker, as the process that forked it sees it. */
import { type ChildProcess, fork } from 'node:child_process';
import type { FromWorker, ToWorker } from './worker-protocol.js';

type Kind = FromWorker['kind'];
type Of<K extends Kind> = Extract<FromWorker, { kind: K }>;

export class WorkerProcess {
  /** Since the start. */
  triggers = 0;
  deliveries = 0;
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(new URL('worker.js', import.meta.url));
    this.#child.setMaxListeners(0);
    this.#child.on('message', (message: FromWorker) => {
      if (message.kind !== 'progress') return;
      this.triggers = message.triggers;
      this.deliveries = message.deliveries;
    });
  }

  /** Sends `message`, and resolves with the next message of `kind`; rejects where the worker fails or ends instead. */
  ask<K extends Kind>(message: ToWorker, kind: K): Promise<Of<K>> {
    const answer = this.next(kind);
    this.tell(message);
    return answer;
  }

  tell(message: ToWorker): void {
    this.#child.send(message);
  }

  next<K extends Kind>(kind: K): Promise<Of<K>> {
    return new Promise((resolve, reject) => {
      const heard = (message: FromWorker): void => {
        if (message.kind === kind) settle(() => resolve(message as Of<K>));
        else if (message.kind === 'failed') settle(() => reject(new Error(message.why)));
      };
      const ended = (): void => settle(() => reject(new Error('a worker process ended before its work was done')));
      const settle = (then: () => void): void => {
        this.#child.off('message', heard).off('exit', ended);
        then();
      };
      this.#child.on('message', heard).on('exit', ended);
    });
  }

  /** It exits when its parent has disconnected. */
  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
