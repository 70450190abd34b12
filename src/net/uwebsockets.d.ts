/** What uWebSockets.js has and its declaration lacks or has wrong. */
import 'uWebSockets.js';

declare module 'uWebSockets.js' {
  interface TemplatedApp {
    /** Listens with LIBUS options. Calls back before it returns: with the listening socket, or false if the port cannot be had. */
    listen(
      host: RecognizedString,
      port: number,
      options: number,
      then: (socket: us_listen_socket | false) => void,
    ): TemplatedApp;
    /** `change`: 1 for a connection that was accepted, -1 for one that has closed. The library declares the object type `Number`. */
    filter(told: (connection: HttpResponse, change: number) => void): TemplatedApp;
  }

  /** A message in fragments. Each answers as `send` does. */
  interface WebSocket<UserData> {
    sendFirstFragment(chunk: Uint8Array): number;
    sendFragment(chunk: Uint8Array): number;
    sendLastFragment(chunk: Uint8Array): number;
  }
}
