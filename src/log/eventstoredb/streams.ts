/** Which streams in EventStoreDB are ours, as regular expressions that .NET and JavaScript read alike. Others' do not look like this. */
import { streamFamilies } from '../../domain/streams.js';

const names = (isPrivate: boolean): string[] =>
  Object.values(streamFamilies)
    .filter((family) => family.isPrivate === isPrivate)
    .map(({ prefix, id = '' }) => `${prefix}${id}`);

const matching = (prefix: string, alternatives: readonly string[]): RegExp =>
  new RegExp(`^${prefix}(${alternatives.join('|')})$`);

/** Those that are fed: private ones are left out. */
export const fedStreams = (prefix: string): RegExp => matching(prefix, names(false));

/** All of them, the private ones too. */
export const ownStreams = (prefix: string): RegExp => matching(prefix, [...names(false), ...names(true)]);
