/** What the declarations of uWebSockets.js lack or have wrong. */
import 'uWebSockets.js';

declare module 'uWebSockets.js' {
  interface TemplatedApp {
    /** Listens with LIBUS options. Calls back before it returns: with the listening socket, or false if the port is not available. */
    listen(
      host: RecognizedString,
      port: number,
      options: number,
      then: (socket: us_listen_socket | false) => void,
    ): TemplatedApp;
    /** `change`: 1 for an accepted connection, -1 for a closed one. The library declares the object type `Number`. */
    filter(told: (connection: HttpResponse, change: number) => void): TemplatedApp;
  }

  /** A message in fragments. The return values are those of `send`. */
  interface WebSocket<UserData> {
    sendFirstFragment(chunk: Uint8Array): number;
    sendFragment(chunk: Uint8Array): number;
    sendLastFragment(chunk: Uint8Array): number;
  }
}
