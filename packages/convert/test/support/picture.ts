/** A crude shaded face, drawn by formula: size × size × 3 numbers in [0, 1]. */
export function faceLikePicture(size: number): Float32Array {
  const picture = new Float32Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = (column + 0.5) / size - 0.5;
      const y = (row + 0.5) / size - 0.5;
      const colour = colourAt(x, y);
      for (let channel = 0; channel < 3; channel++) picture[(row * size + column) * 3 + channel] = colour[channel];
    }
  }
  return picture;
}

/** 1 inside an ellipse, 0 outside, with a soft border. */
function ellipse(x: number, y: number, cx: number, cy: number, rx: number, ry: number): number {
  const distance = Math.hypot((x - cx) / rx, (y - cy) / ry);
  return 1 / (1 + Math.exp((distance - 1) * 24));
}

function colourAt(x: number, y: number): number[] {
  let colour = [0.45 + 0.3 * x, 0.5 + 0.2 * y, 0.55];
  const paint = (target: readonly number[], amount: number) => {
    colour = colour.map((value, channel) => value + (target[channel] - value) * amount);
  };
  const shade = 0.85 + 0.35 * x - 0.6 * (x * x + y * y);
  paint([0.16, 0.1, 0.07], ellipse(x, y, 0, -0.1, 0.33, 0.37));
  paint([0.86 * shade, 0.64 * shade, 0.53 * shade], ellipse(x, y, 0, 0.02, 0.25, 0.34));
  for (const side of [-1, 1]) {
    paint([0.25, 0.16, 0.12], ellipse(x, y, side * 0.11, -0.12, 0.07, 0.014));
    paint([0.93, 0.92, 0.9], ellipse(x, y, side * 0.11, -0.06, 0.05, 0.022));
    paint([0.12, 0.09, 0.08], ellipse(x, y, side * 0.11, -0.06, 0.02, 0.021));
    paint([0.4, 0.24, 0.2], ellipse(x, y, side * 0.025, 0.085, 0.014, 0.008));
  }
  paint([0.95, 0.76, 0.66], ellipse(x, y, 0.01, 0.03, 0.02, 0.07) * 0.6);
  paint([0.65, 0.26, 0.25], ellipse(x, y, 0, 0.17, 0.08, 0.025));
  return colour;
}
