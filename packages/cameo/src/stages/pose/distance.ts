/** A distance beyond all others, in fifths of a pixel. */
const FAR = 0xff00;

/** How far it is from each pixel to the nearest 1, in fifths of a pixel, by steps of 5 and, diagonally, 7 (Borgefors 1986). */
export function distancesTo(mask: Uint8Array, width: number, height: number): Uint16Array {
  const distance = new Uint16Array(mask.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      let d = mask[i] ? 0 : FAR;
      if (x > 0) d = Math.min(d, distance[i - 1] + 5);
      if (y > 0) {
        d = Math.min(d, distance[i - width] + 5);
        if (x > 0) d = Math.min(d, distance[i - width - 1] + 7);
        if (x + 1 < width) d = Math.min(d, distance[i - width + 1] + 7);
      }
      distance[i] = Math.min(d, FAR);
    }
  }
  for (let y = height - 1, i = mask.length - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--, i--) {
      let d = distance[i];
      if (x + 1 < width) d = Math.min(d, distance[i + 1] + 5);
      if (y + 1 < height) {
        d = Math.min(d, distance[i + width] + 5);
        if (x + 1 < width) d = Math.min(d, distance[i + width + 1] + 7);
        if (x > 0) d = Math.min(d, distance[i + width - 1] + 7);
      }
      distance[i] = Math.min(d, FAR);
    }
  }
  return distance;
}

/** 1 within `radius` pixels of a 1. */
export const dilated = (mask: Uint8Array, width: number, height: number, radius: number): Uint8Array =>
  Uint8Array.from(distancesTo(mask, width, height), (d) => (d <= 5 * radius ? 1 : 0));
