/** Images that a browser shows, made of nothing. */
import { crc32, deflateSync } from 'node:zlib';

/** A gradient of one hue, with so much noise that nothing can compress it where that is asked for. @param hue 0 to 360 */
export function png(hue: number, { width = 96, height = 96, noise = false } = {}): Buffer {
  const row = 1 + width * 3;
  const pixels = Buffer.alloc(row * height);
  let seed = hue + 1;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const light = 0.35 + (0.5 * (x + y)) / (width + height);
      for (let channel = 0; channel < 3; channel += 1) {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
        const wave = 0.5 + 0.5 * Math.cos(((hue - channel * 120) * Math.PI) / 180);
        pixels[y * row + 1 + x * 3 + channel] = noise ? seed >> 16 : 255 * light * (0.4 + 0.6 * wave);
      }
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(pixels, { level: noise ? 0 : 6 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
