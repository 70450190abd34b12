/** The formats of C2SP: signed notes, checkpoints, and the paths of tiles. */
import { createPublicKey, generateKeyPairSync, hash, verify } from 'node:crypto';
import t from 'tap';
import { readCheckpoint, signCheckpoint } from '../../src/evidence/checkpoint.js';
import { entryOf } from '../../src/evidence/event-entry.js';
import { isSignedBy, parseNote, parseVerifierKey, signNote, verifierKey } from '../../src/evidence/signed-note.js';
import { entryBundle, hasTile, parseTilePath, tilePath } from '../../src/evidence/tile-paths.js';

const { privateKey } = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519').privateKey;
const root = hash('sha256', 'a root', 'buffer');

t.test('EVID-2 a checkpoint is a signed note that the format alone verifies', async (t) => {
  const note = signCheckpoint({ logId: 'abc', size: 12, root }, privateKey);
  const [body, signatures] = [note.slice(0, note.indexOf('\n\n') + 1), note.slice(note.indexOf('\n\n') + 2)];
  t.equal(body, `alarm-server/abc\n12\n${root.toString('base64')}\n`);
  const [, name, base64] = /^— (\S+) (\S+)\n$/.exec(signatures)!;
  const bytes = Buffer.from(base64!, 'base64');
  const raw = Buffer.from(privateKey.export({ format: 'jwk' }).x!, 'base64url');
  const keyHash = hash(
    'sha256',
    Buffer.concat([Buffer.from('alarm-server/abc\n'), Buffer.of(1), raw]),
    'buffer',
  ).subarray(0, 4);
  t.equal(name, 'alarm-server/abc');
  t.same(bytes.subarray(0, 4), keyHash);
  t.ok(verify(null, Buffer.from(body), createPublicKey(privateKey), bytes.subarray(4)));
  t.equal(
    verifierKey('alarm-server/abc', privateKey),
    `alarm-server/abc+${keyHash.toString('hex')}+${Buffer.concat([Buffer.of(1), raw]).toString('base64')}`,
  );
});

t.test('EVID-2 a checkpoint that was changed, or signed by another, is not taken for one', async (t) => {
  const note = signCheckpoint({ logId: 'abc', size: 12, root }, privateKey);
  t.match(readCheckpoint(note, privateKey), { checkpoint: { logId: 'abc', size: 12, root }, isSigned: true });
  t.equal(readCheckpoint(note.replace('\n12\n', '\n13\n'), privateKey)?.isSigned, false);
  t.equal(readCheckpoint(note, other)?.isSigned, false);
  t.equal(readCheckpoint(note.replace('alarm-server/abc\n', 'alarm-server/xyz\n'), privateKey)?.isSigned, false);
  for (const wrong of [
    '',
    '{',
    'alarm-server/abc\n12\n',
    note.replace('12', '012'),
    note.replace('12', 'x'),
    note.slice(0, -1),
  ])
    t.equal(readCheckpoint(wrong, privateKey), undefined, JSON.stringify(wrong.slice(0, 40)));
});

t.test('EVID-2 a verifier key names its key: another one, or a changed one, is refused', async (t) => {
  const text = verifierKey('alarm-server/abc', privateKey);
  const { name, key } = parseVerifierKey(text);
  const opened = parseNote(signNote('a text\n', name, privateKey))!;
  t.ok(isSignedBy(opened, name, key));
  t.notOk(isSignedBy(opened, name, parseVerifierKey(verifierKey(name, other)).key));
  for (const wrong of ['', 'a+b+c', text.replace('abc', 'abd'), text.slice(0, -8)])
    t.throws(() => parseVerifierKey(wrong), /no verifier key/);
});

t.test('EVID-3 each tile has one path', async (t) => {
  for (const [path, tile] of [
    ['0/000', { level: 0, index: 0, width: 256 }],
    ['0/x001/234.p/5', { level: 0, index: 1_234, width: 5 }],
    ['1/x001/x234/067', { level: 1, index: 1_234_067, width: 256 }],
    ['entries/067.p/255', { level: 'entries', index: 67, width: 255 }],
  ] as const) {
    t.same(parseTilePath(path), tile);
    t.equal(tilePath(tile), path);
  }
  for (const wrong of [
    '',
    '0/0',
    '0/0000',
    '0/x000/001',
    '0/001/002',
    '00/001',
    '0/001.p/0',
    '0/001.p/256',
    '0/001.p/01',
    'x/001',
    '0/001.p/5/6',
  ])
    t.equal(parseTilePath(wrong), undefined, wrong);
  t.ok(hasTile({ level: 0, index: 0, width: 3 }, 3));
  t.notOk(hasTile({ level: 0, index: 0, width: 4 }, 3));
  t.notOk(hasTile({ level: 1, index: 0, width: 2 }, 511));
  t.ok(hasTile({ level: 1, index: 0, width: 2 }, 512));
});

t.test('EVID-1 an entry is eight lines, without the position; a bundle has the length before each', async (t) => {
  const event = { stream: 'page-1', revision: 3, id: 'e', type: 'PageRenamed', data: '{"a":1}', metadata: '{}' };
  const entry = entryOf(event, 7);
  const [data, metadata] = [hash('sha256', '{"a":1}', 'base64'), hash('sha256', '{}', 'base64')];
  t.equal(entry, `alarm-server/event/v1\n7\npage-1\n3\ne\nPageRenamed\n${metadata}\n${data}\n`);
  t.same(entryBundle(['é', '']), Buffer.from([0, 2, 0xc3, 0xa9, 0, 0]));
});
