/** Which streams in EventStoreDB are ours, as regular expressions that are valid in .NET and JavaScript. Streams of others do not match. */
import { streamFamilies } from '../../domain/streams.js';

const names = (isPrivate: boolean): string[] =>
  Object.values(streamFamilies)
    .filter((family) => family.isPrivate === isPrivate)
    .map(({ prefix, id = '' }) => `${prefix}${id}`);

const matching = (prefix: string, alternatives: readonly string[]): RegExp =>
  new RegExp(`^${prefix}(${alternatives.join('|')})$`);

/** Our streams that are subscribed to: private ones are excluded. */
export const publicStreams = (prefix: string): RegExp => matching(prefix, names(false));

/** All our streams, including private ones. */
export const ownStreams = (prefix: string): RegExp => matching(prefix, [...names(false), ...names(true)]);
