/** The evidence over HTTP: key, checkpoints, tiles and proofs, as the formats of C2SP and RFC 6962 have them. */
import { z } from 'zod';
import { refuse } from '../domain/refusals.js';
import type { Evidence } from '../evidence/evidence.js';
import { parseTilePath } from '../evidence/tile-paths.js';
import { START_POSITION } from '../log/cursor.js';
import { comparePositions } from '../log/event-log.js';
import { POSITION_WAIT_MS } from '../projections/position-waiters.js';
import type { Projection } from '../projections/projection.js';
import { type AuditorsOptions, auditing } from './auditors.js';
import { type Endpoint, json, type Reply } from './endpoint.js';
import { problem, refused, validationFailed } from './problems.js';
import { validate } from './request-body.js';

/** The most path segments that a tile has behind its level: 10^12 tiles, and `.p/<width>`. */
const TILE_SEGMENTS = 5;

const POSITION = z.string().regex(/^(0|[1-9]\d{0,18})$/, 'must be a position: the Log-Position of a response');
const number = (min: number, what: string) =>
  z
    .string()
    .regex(/^(0|[1-9]\d{0,15})$/, `must be ${what}, in decimal digits`)
    .transform(Number)
    .pipe(z.number().int().min(min, `must be at least ${min}`))
    .meta({ override: { type: 'integer', minimum: min, pattern: undefined } });

const CheckpointQuery = z.object({
  position: POSITION.optional().meta({ description: 'A checkpoint that covers the event at this position.' }),
});

const ProofQuery = z.object({
  position: POSITION.optional().meta({ description: 'Inclusion of the event at this position; or give `index`.' }),
  index: number(0, 'the index of an event').optional().meta({ description: 'Inclusion of this event.' }),
  size: number(1, 'a size of the tree')
    .optional()
    .meta({ description: 'In the tree of this size; that of now without it.' }),
  from_size: number(1, 'a size of the tree').optional().meta({ description: 'Consistency from this size on.' }),
  to_size: number(1, 'a size of the tree').optional().meta({ description: 'To this size; that of now without it.' }),
});

const Hashes = z.array(z.string().meta({ example: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' }));
const Proof = z
  .object({
    index: z.number().int().optional().meta({ description: 'Of an inclusion proof.', example: 7 }),
    from_size: z.number().int().optional().meta({ description: 'Of a consistency proof.' }),
    size: z.number().int().meta({ example: 12 }),
    hashes: Hashes,
  })
  .meta({ id: 'Proof' });

const notThereYet = (): Reply =>
  problem('not_caught_up', 'The tree is not there yet, or has not reached that position: try again', {
    retryAfterMs: 1_000,
  });

const text = (body: string): Reply => ({
  status: 200,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
  body,
});

export interface EvidenceEndpointsOptions extends AuditorsOptions {
  readonly evidence: Evidence;
  readonly projection: Projection;
}

export function evidenceEndpoints(options: EvidenceEndpointsOptions): Endpoint[] {
  const { evidence } = options;
  const plainText = (description: string, example: string) => ({
    status: 200,
    description,
    mediaType: 'text/plain',
    schema: z.string().meta({ example }),
  });
  return [
    auditing(
      options,
      '/audit/key',
      {
        id: 'get_evidence_key',
        summary: 'The key with which checkpoints are verified.',
        success: plainText('A verifier key of C2SP signed-note.', 'alarm-server/6b1f2c3d+0a1b2c3d+AQ=='),
      },
      () => {
        const key = evidence.verifierKey;
        if (key !== undefined) return text(`${key}\n`);
        return refused(
          refuse('not_found', 'This server signs nothing: set EVIDENCE_KEY_FILE, to the same key on every node'),
        );
      },
    ),
    auditing(
      options,
      '/audit/checkpoint',
      {
        id: 'get_checkpoint',
        summary: 'The newest signed checkpoint, or one that covers a position.',
        query: CheckpointQuery,
        success: plainText(
          'A signed note of C2SP tlog-checkpoint.',
          'alarm-server/6b1f2c3d\n12\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n',
        ),
        problems: ['not_caught_up'],
      },
      async (request) => {
        const query = validate(CheckpointQuery, Object.fromEntries(request.query));
        if ('problem' in query) return query.problem;
        const beyond = await beyondLog(options, query.value);
        if (beyond) return beyond;
        const note = await evidence.checkpoint(query.value.position);
        return note === undefined ? notThereYet() : text(note);
      },
    ),
    auditing(
      options,
      '/audit/proof',
      {
        id: 'get_proof',
        summary: 'Proof that an event is in the tree, or that a later tree begins with an earlier one.',
        query: ProofQuery,
        success: { status: 200, description: 'The hashes, as RFC 6962 orders them.', schema: Proof },
        problems: ['not_caught_up'],
      },
      async (request) => {
        const query = validate(ProofQuery, Object.fromEntries(request.query));
        if ('problem' in query) return query.problem;
        return (await beyondLog(options, query.value)) ?? proof(evidence, query.value);
      },
    ),
    ...Array.from({ length: TILE_SEGMENTS }, (_, more) => tileEndpoint(options, more + 1)),
  ];
}

/** A tile's path has one or more segments behind its level. The documents name the first form alone. */
function tileEndpoint(options: EvidenceEndpointsOptions, segments: number): Endpoint {
  const names = Array.from({ length: segments }, (_, at) => (at === 0 ? 'tile' : `tile_${at + 1}`));
  return auditing(
    options,
    `/audit/tile/{level}/${names.map((name) => `{${name}}`).join('/')}`,
    {
      id: 'get_tile',
      summary: 'A tile of the tree (C2SP tlog-tiles): hashes, or the entries of events where the level is `entries`.',
      success: {
        status: 200,
        description: '256 hashes of 32 bytes, or entries each with its length before it; fewer in a partial tile.',
        mediaType: 'application/octet-stream',
        schema: z.string().meta({ example: 'bytes' }),
      },
    },
    async ({ params }) => {
      const tile = parseTilePath([params['level'], ...names.map((name) => params[name])].join('/'));
      const bytes = tile && (await options.evidence.tile(tile));
      if (!bytes) return refused(refuse('not_found', 'The tree has no such tile'));
      return {
        status: 200,
        headers: {
          'Content-Type': 'application/octet-stream',
          'Cache-Control': 'private, max-age=31536000, immutable',
        },
        body: Buffer.from(bytes),
      };
    },
  );
}

/** Nothing is waited for that may never come. Another node may have written what this one has not read yet. */
async function beyondLog(
  { projection }: EvidenceEndpointsOptions,
  { position }: { readonly position?: string | undefined },
): Promise<Reply | undefined> {
  if (position === undefined) return undefined;
  await projection.present(POSITION_WAIT_MS);
  const head = projection.position ?? START_POSITION;
  if (comparePositions(position, head) <= 0) return undefined;
  return validationFailed([{ field: 'position', message: `is in the future: the log ends at position ${head}` }]);
}

async function proof(evidence: Evidence, asked: z.infer<typeof ProofQuery>): Promise<Reply> {
  const { position, index: given, size: ofSize, from_size: from, to_size: to } = asked;
  const ways = [position, given, from].filter((way) => way !== undefined).length;
  if (ways !== 1)
    return validationFailed([{ field: 'position', message: 'give exactly one of position, index and from_size' }]);
  const [sizeField, size] = from === undefined ? ['size', ofSize] : ['to_size', to];
  if ((from === undefined ? to : ofSize) !== undefined)
    return validationFailed([
      { field: from === undefined ? 'to_size' : 'size', message: `is not of this proof: give ${sizeField}` },
    ]);
  const place = await evidence.place(position);
  if (!place) return notThereYet();
  if (size !== undefined && size > place.size)
    return validationFailed([{ field: sizeField, message: `must be at most ${place.size}, the size of the tree` }]);
  const upTo = size ?? place.size;
  if (from !== undefined) {
    if (from > upTo)
      return validationFailed([{ field: 'from_size', message: `must be at most ${upTo}, the size that it leads to` }]);
    return json(200, JSON.stringify({ from_size: from, size: upTo, hashes: base64(evidence.consistency(from, upTo)) }));
  }
  const index = given ?? place.index;
  if (index === undefined)
    return validationFailed([{ field: 'position', message: 'no event of the tree is at this position' }]);
  if (index >= upTo)
    return validationFailed([
      { field: given === undefined ? 'position' : 'index', message: `must be within a tree of ${upTo} events` },
    ]);
  return json(200, JSON.stringify({ index, size: upTo, hashes: base64(evidence.inclusion(index, upTo)) }));
}

const base64 = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('base64'));
