/** VERIFY.md of a bundle: what is in it, how anybody verifies it, and what that proves. */
import { CSV, EVENTS, type Format, GO_PROGRAM, type Manifest, PARQUET } from './bundle-files.js';

export type Guided = Omit<Manifest, 'files'> & { readonly formats: ReadonlySet<Format> };

export function guide(bundle: Guided): string {
  const { from, to, page, events, first, last, tree_size, log_id, formats } = bundle;
  const range = first && last ? `, from event ${first.index} (${first.at}) to event ${last.index} (${last.at})` : '';
  return `# Events of an alarm server, with proof

${events} events of the log \`${log_id}\`${range}: everything${page === null ? '' : ` of the page \`${page}\``} from \`${from}\` to \`${to}\`.

| file | what |
|---|---|
| events.ndjson | one event a line, in log order. \`data\` is for readers, \`stored\` is the text that the proof is over |
${formats.has('csv') ? '| events.csv | the same (RFC 4180, UTF-8). Numbers are as they were; a text cell that begins with = + - @ tab or CR has an apostrophe before it, so that no spreadsheet takes it for a formula |\n' : ''}${formats.has('parquet') ? '| events.parquet | the same, typed: `at` is a UTC timestamp in ms, `price` a double, `stored_data` and `stored_metadata` exact bytes |\n' : ''}| checkpoint | the signed head of the log's tree, over its first ${tree_size} events (C2SP tlog-checkpoint) |
| key | the key that verifies it (C2SP signed-note); compare it with the one that you were given before |
| leaf-hashes | the hash of each event's leaf, 32 bytes each, in order |
| proof.json | the hashes of the parts of the tree between and around these events, and proofs for Go's tlog |
| verify.go | a program that verifies the bundle with Go's own packages |
| manifest.json | the window, the counts, and the SHA-256 of each file |

## With the server's own tool

    npm run verify -- --bundle .
    npm run verify -- --bundle . --checkpoint FILE

It names the first event that was altered, left out, doubled, moved or put in. FILE is a checkpoint that you kept: the signed text of
\`GET /audit/checkpoint\`, from a day before.

## With Go's packages

The proof is in the formats of Go's checksum database. Nothing of the server is used:

    GO111MODULE=off GOPATH=/usr/share/gocode go run ${GO_PROGRAM} .

That is for Debian with golang-go and golang-golang-x-mod-dev; elsewhere \`go mod init verify && go get golang.org/x/mod\` first, and then
\`go run ${GO_PROGRAM} .\`. A checkpoint that was kept elsewhere is the second argument.
${formats.has('parquet') ? parquetPart : ''}${formats.has('csv') ? csvPart : ''}
## What it proves

That these events, each byte of what was stored, are in the log whose head the checkpoint signs, at their places.${page === null ? ' Their indices follow one another without a gap, so that none between the first and the last is missing.' : " The page's own revisions follow one another without a gap, so that none of its events between the first and the last is missing."}

Not proved: that no event of the window lies before the first or behind the last of these; what \`data\` shows beside \`stored\`, where it was
stored encrypted; that the events are true. And without a checkpoint that was kept elsewhere: that the log was not written anew by one
who holds both its key and its disk.
`;
}

const parquetPart = `
## With DuckDB

    duckdb -c "SELECT count(*), sum(price), min(\\"at\\"), max(\\"at\\") FROM '${PARQUET}'"
    duckdb -c "SELECT count(*), sum((data->>'price')::DOUBLE) FROM read_json('${EVENTS}', format = 'newline_delimited', columns = {data: 'JSON'})"
    duckdb -c "SELECT type, count(*) FROM '${PARQUET}' GROUP BY type ORDER BY type"

The first two agree. (\`at\` is in quotation marks because it is a word of DuckDB's own.)
`;

const csvPart = `
## With Python

    python3 -c "import csv; rows = list(csv.DictReader(open('${CSV}', newline='', encoding='utf-8'))); print(len(rows), sum(float(row['price'] or 0) for row in rows))"
`;
