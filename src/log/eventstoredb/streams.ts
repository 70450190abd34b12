/** Which streams in EventStoreDB are ours, as regular expressions that .NET and JavaScript read alike. Others' do not look like this. */

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const FED = `(page|group|user)-${UUID}|username-[0-9a-f]{64}|log`;

/** Those that are fed: credentials are left out. */
export const fedStreams = (prefix: string): RegExp => new RegExp(`^${prefix}(${FED})$`);

/** All of them, the private ones too. */
export const ownStreams = (prefix: string): RegExp => new RegExp(`^${prefix}(${FED}|credential-${UUID})$`);
