/** What build.mjs puts into the bundle. */

/** The server's version at the time of the build. */
declare const CONSOLE_VERSION: string;
/** Addresses of the page's icons by the number on them: '0' to '9', and '+' for more. */
declare const CONSOLE_ICONS: Readonly<Record<string, string>>;
