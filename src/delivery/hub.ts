/** The connected viewers and the pages that each of them holds. */
import type { Right } from '../domain/authorization.js';
import type { StateText } from '../net/state-text.js';

/** A socket as delivery uses it. */
export interface Sink {
  /** Sends an answer. While the socket is held back, the answer waits. */
  send(text: string): void;
  /** Sends an event of a page. While the socket is held back, it is dropped. */
  push(text: string | StateText): void;
  /** Sends immediately, held back or not: used to bring a held socket up to date. Not while `isSendingState`. */
  write(text: string | StateText): void;
  /** Runs the action when the socket is no longer held back. */
  defer(action: () => void): void;
  /** Holds back answers and events, and unsubscribes from all topics. */
  hold(): void;
  /** Ends the hold: subscribes to the topics and sends the waiting answers. */
  release(topics: readonly string[]): void;
  readonly isHeld: boolean;
  /** A state is partly sent; nothing else may be sent before its end. */
  readonly isSendingState: boolean;
  /** Bytes that are queued and not yet written to the network. */
  readonly backlog: number;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
}

/** For whom a socket is. */
export interface Reader {
  readonly userId: string;
  /** Ids of the pages that its access token is limited to; undefined: all that the user may see. */
  readonly only?: ReadonlySet<string> | undefined;
}

/** A reader with at least one socket, and the right on each page that their sockets have received. */
export interface Viewer extends Reader {
  readonly sinks: Set<Sink>;
  readonly pages: Map<string, Right>;
}

export const topicOf = (pageId: string): string => `page:${pageId}`;

const NOBODY: ReadonlySet<Viewer> = new Set();
const NONE: readonly Viewer[] = [];

export class Hub {
  /** By user: one viewer for the user's own sockets and those of their programs, and one for each access token that is limited to pages. */
  readonly #viewers = new Map<string, readonly Viewer[]>();
  readonly #ofPage = new Map<string, Set<Viewer>>();

  viewersOf(userId: string): readonly Viewer[] {
    return this.#viewers.get(userId) ?? NONE;
  }

  viewer({ userId, only }: Reader): Viewer | undefined {
    return this.viewersOf(userId).find((viewer) => viewer.only === only);
  }

  get connectedUsers(): number {
    return this.#viewers.size;
  }

  /** The viewers that hold the page. */
  of(pageId: string): ReadonlySet<Viewer> {
    return this.#ofPage.get(pageId) ?? NOBODY;
  }

  /** A reader's first socket makes them a viewer, with the pages that `pages` returns. */
  join({ userId, only }: Reader, sink: Sink, pages: () => Iterable<readonly [pageId: string, right: Right]>): Viewer {
    let viewer = this.viewer({ userId, only });
    if (!viewer) {
      viewer = { userId, only, sinks: new Set(), pages: new Map() };
      this.#viewers.set(userId, [...this.viewersOf(userId), viewer]);
      for (const [pageId, right] of pages()) this.#index(viewer, pageId, right);
    }
    viewer.sinks.add(sink);
    for (const pageId of viewer.pages.keys()) sink.subscribe(topicOf(pageId));
    return viewer;
  }

  leave(viewer: Viewer, sink: Sink): void {
    viewer.sinks.delete(sink);
    if (viewer.sinks.size > 0) return;
    const others = this.viewersOf(viewer.userId).filter((other) => other !== viewer);
    if (others.length > 0) this.#viewers.set(viewer.userId, others);
    else this.#viewers.delete(viewer.userId);
    for (const pageId of viewer.pages.keys()) this.#unindex(viewer, pageId);
  }

  /** Subscribes the viewer's sockets to the page. */
  give(viewer: Viewer, pageId: string, right: Right): void {
    if (!viewer.pages.has(pageId)) for (const sink of viewer.sinks) sink.subscribe(topicOf(pageId));
    this.#index(viewer, pageId, right);
  }

  /** Unsubscribes the viewer's sockets from the page. */
  take(viewer: Viewer, pageId: string): void {
    for (const sink of viewer.sinks) sink.unsubscribe(topicOf(pageId));
    viewer.pages.delete(pageId);
    this.#unindex(viewer, pageId);
  }

  #index(viewer: Viewer, pageId: string, right: Right): void {
    viewer.pages.set(pageId, right);
    const viewers = this.#ofPage.get(pageId);
    if (viewers) viewers.add(viewer);
    else this.#ofPage.set(pageId, new Set([viewer]));
  }

  #unindex(viewer: Viewer, pageId: string): void {
    const viewers = this.#ofPage.get(pageId);
    if (viewers?.delete(viewer) && viewers.size === 0) this.#ofPage.delete(pageId);
  }
}
