// Writes a picture again as a PNG of 96 colours: a third of the bytes, and pages of text lose nothing to the eye.
const COLORS = 96;
const BITS = 4;

async function indexed(picture) {
  const bitmap = await createImageBitmap(await (await fetch(picture)).blob());
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(bitmap, 0, 0);
  const pixels = new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const palette = chosen(counts);
  const nearest = new Map([...counts.keys()].map((pixel) => [pixel, closest(palette, parts(pixel))]));
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = nearest.get(pixels[y * width + x]);
  }
  const header = new Uint8Array([...word(width), ...word(height), 8, 3, 0, 0, 0]);
  const chunks = [["IHDR", header], ["PLTE", new Uint8Array(palette.flat())], ["IDAT", await deflated(rows)], ["IEND", new Uint8Array()]];
  const signature = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
  return base64(new Blob([signature, ...chunks.map(([name, data]) => chunk(name, data))]));
}

const parts = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
const word = (number) => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255);

// The commonest colour of each small cube of colours, of the cubes that hold the most pixels.
function chosen(counts) {
  const cubes = new Map();
  for (const [pixel, count] of counts) {
    const key = parts(pixel).map((part) => part >> (8 - BITS)).join();
    const cube = cubes.get(key) ?? { count: 0, most: 0 };
    cube.count += count;
    if (count > cube.most) Object.assign(cube, { most: count, color: parts(pixel) });
    cubes.set(key, cube);
  }
  return [...cubes.values()].sort((one, other) => other.count - one.count).slice(0, COLORS).map(({ color }) => color);
}

function closest(palette, color) {
  const distances = palette.map((known) => known.reduce((sum, part, index) => sum + (part - color[index]) ** 2, 0));
  return distances.indexOf(Math.min(...distances));
}

async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function chunk(name, data) {
  const named = new Uint8Array([...new TextEncoder().encode(name), ...data]);
  return new Blob([new Uint8Array(word(data.length)), named, new Uint8Array(word(checked(named)))]);
}

// CRC-32, as every chunk of a PNG ends with.
function checked(bytes) {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

async function base64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
