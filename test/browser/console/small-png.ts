/** Makes a PNG smaller: a palette of 256 colours instead of 24 bits a pixel. Screenshots of text have few colours, most of them shades between two. */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** `png` has 8 bits a channel, with or without alpha, and is not interlaced, as browsers write it. */
export function smallPng(png: Buffer): Buffer {
  const { width, height, channels, data } = read(png);
  const pixels = unfiltered(data, width, height, channels);
  const { palette, indices } = indexed(pixels, channels);
  return write(width, height, palette, indices);
}

function read(png: Buffer): { width: number; height: number; channels: number; data: Buffer } {
  const parts: Buffer[] = [];
  let header: Buffer = Buffer.alloc(0);
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const content = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = content;
    if (type === 'IDAT') parts.push(content);
    at += length + 12;
  }
  const channels = header[9] === 6 ? 4 : 3;
  return {
    width: header.readUInt32BE(0),
    height: header.readUInt32BE(4),
    channels,
    data: inflateSync(Buffer.concat(parts)),
  };
}

/** PNG, section 9: each line is stored as differences to its neighbours. */
function unfiltered(data: Buffer, width: number, height: number, channels: number): Buffer {
  const line = width * channels;
  const out = Buffer.alloc(line * height);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (line + 1)]!;
    for (let x = 0; x < line; x++) {
      const left = x >= channels ? out[y * line + x - channels]! : 0;
      const up = y > 0 ? out[(y - 1) * line + x]! : 0;
      const corner = x >= channels && y > 0 ? out[(y - 1) * line + x - channels]! : 0;
      const raw = data[y * (line + 1) + 1 + x]!;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!;
      out[y * line + x] = raw + guess;
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** The 256 most frequent colours are exact; each other one becomes the nearest of them. */
function indexed(pixels: Buffer, channels: number): { palette: number[]; indices: Buffer } {
  const colours = new Uint32Array(pixels.length / channels);
  const counts = new Map<number, number>();
  for (let at = 0; at < colours.length; at++) {
    const colour = (pixels[at * channels]! << 16) | (pixels[at * channels + 1]! << 8) | pixels[at * channels + 2]!;
    colours[at] = colour;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const chosen = paletteOf([...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour));
  const places = new Map(chosen.map((colour, place) => [colour, place]));
  const indices = Buffer.alloc(colours.length);
  for (const [at, colour] of colours.entries()) {
    let place = places.get(colour);
    if (place === undefined) places.set(colour, (place = nearest(colour, chosen)));
    indices[at] = place;
  }
  return { palette: chosen.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]), indices };
}

/** Colours of a palette. */
const COLOURS = 256;
/** How far from each other the first colours are: a rare colour that is like no other stays. */
const APART = 24 ** 2;

/** `colours`: the most frequent first. */
function paletteOf(colours: readonly number[]): number[] {
  const chosen: number[] = [];
  for (const colour of colours)
    if (chosen.length < COLOURS && chosen.every((other) => distance(colour, other) > APART)) chosen.push(colour);
  const held = new Set(chosen);
  const others = colours.filter((colour) => !held.has(colour));
  return [...chosen, ...others.slice(0, COLOURS - chosen.length)];
}

const distance = (a: number, b: number): number =>
  (((a >> 16) & 255) - ((b >> 16) & 255)) ** 2 +
  (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 +
  ((a & 255) - (b & 255)) ** 2;

function nearest(colour: number, chosen: readonly number[]): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const [place, other] of chosen.entries()) {
    const far = distance(colour, other);
    if (far < least) [best, least] = [place, far];
  }
  return best;
}

function write(width: number, height: number, palette: readonly number[], indices: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) indices.copy(lines, y * (width + 1) + 1, y * width, (y + 1) * width);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette)),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
