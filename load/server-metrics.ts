/** The server's own figures under /metrics, if it is this project's. */

/** Samples by their name, those with labels left out; undefined for a server that has no such page. */
export async function readServerMetrics(url: string): Promise<ReadonlyMap<string, number> | undefined> {
  const answer = await fetch(new URL('metrics', `${url.replace(/\/*$/, '')}/`));
  const text = await answer.text();
  if (!answer.ok) return undefined;
  const samples = new Map<string, number>();
  for (const [, name, value] of text.matchAll(/^(\w+) (\S+)$/gm)) samples.set(name!, Number(value));
  return samples.has('alarm_server_sockets') ? samples : undefined;
}
