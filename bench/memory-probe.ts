/** Loaded into a server before its own code (`--import`): tells the process that started it, when asked, what memory it takes. */
export interface Memory {
  /** Resident, of the whole process with all its threads, as it is when asked; bytes. */
  readonly rss: number;
  /** Used in the main thread's heap after a full collection; bytes. */
  readonly heap: number;
}

/** The server must be started with --expose-gc too. */
process.on('message', () => {
  const { rss } = process.memoryUsage();
  globalThis.gc!();
  process.send!({ rss, heap: process.memoryUsage().heapUsed } satisfies Memory);
});
