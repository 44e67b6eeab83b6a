import { type Random, random } from "@cameo/synth";
import { borderHoles } from "./border-holes.ts";
import { type Fields, type Sample, type Source, vectorLength } from "./source.ts";

/**
 * Built-in synthetic data: a shaded ellipsoid (a crude head, label 1) with a cap (label 2) and two side balls (labels
 * 3 and 4) before a sloped wall (label 0). Every field is exact, so that training can be tried without any data.
 *
 * Fields: `image`; `depth` (nearness above the wall, in [0, 1]); `face` (depth of the ellipsoid where it is seen,
 * else 0); `mask` (1 on cap and balls); `label`; `holes` along the head's border; `view` and
 * `viewHoles` (the head moved sideways, and where nothing is known then); `coefficients` (27 numbers: light, position, size, colours).
 */
export function shapes(count: number, seed: number, fields: Fields, size: number): Source {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown) throw new Error(`The built-in shapes have no field "${unknown}", only ${known.join(", ")}.`);
  return {
    count,
    sample: async (index) => {
      const all = render(random(seed, "shapes", index), size);
      const length = fields.coefficients ? vectorLength(fields.coefficients) : 0;
      if (length > all.coefficients.length)
        throw new Error(`The built-in shapes have ${all.coefficients.length} coefficients, not ${length}.`);
      return Object.fromEntries(
        Object.keys(fields).map((name) => [
          name,
          name === "coefficients" ? all.coefficients.slice(0, length) : all[name as keyof typeof all],
        ]),
      ) satisfies Sample;
    },
  };
}

const known = ["image", "depth", "face", "mask", "label", "holes", "view", "viewHoles", "coefficients"];

interface Ball {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly rx: number;
  readonly ry: number;
  readonly rz: number;
  readonly colour: readonly [number, number, number];
  readonly label: number;
}

function render(r: Random, size: number) {
  const between = (low: number, high: number) => low + (high - low) * r.uniform();
  const colour = (): [number, number, number] => [between(0.2, 1), between(0.2, 1), between(0.2, 1)];
  const head = { x: between(-0.2, 0.2), y: between(-0.15, 0.25), rx: between(0.35, 0.5), ry: between(0.42, 0.6) };
  const rz = between(0.4, 0.55);
  const skin = colour();
  const balls: Ball[] = [{ ...head, z: 0, rz, colour: skin, label: 1 }];
  const hair = colour();
  balls.push({
    x: head.x + between(-0.05, 0.05),
    y: head.y - head.ry * between(0.4, 0.6),
    z: between(-0.05, 0.1),
    rx: head.rx * between(1, 1.2),
    ry: head.ry * between(0.55, 0.7),
    rz: rz * between(0.95, 1.1),
    colour: hair,
    label: 2,
  });
  for (const side of [-1, 1])
    balls.push({
      x: head.x + side * head.rx,
      y: head.y + between(-0.05, 0.1),
      z: -0.05,
      rx: between(0.06, 0.12),
      ry: between(0.1, 0.18),
      rz: between(0.1, 0.2),
      colour: skin,
      label: side < 0 ? 3 : 4,
    });
  const wall = { colour: colour(), slopeX: between(-0.15, 0.15), slopeY: between(-0.15, 0.15) };
  const [lx, ly] = [between(-0.7, 0.7), between(-0.8, 0.3)];
  const length = Math.hypot(lx, ly, 1);
  const light = [lx / length, ly / length, 1 / length];
  const ambient = between(0.15, 0.35);

  const pixels = size * size;
  const image = new Float32Array(3 * pixels);
  const depth = new Float32Array(pixels);
  const face = new Float32Array(pixels);
  const mask = new Float32Array(pixels);
  const label = new Int32Array(pixels);
  for (let i = 0, v = 0; v < size; v++)
    for (let u = 0; u < size; u++, i++) {
      const x = (2 * (u + 0.5)) / size - 1;
      const y = (2 * (v + 0.5)) / size - 1;
      let z = -0.4 + wall.slopeX * x + wall.slopeY * y;
      let normal = [-wall.slopeX, -wall.slopeY, 1];
      let seen: Ball | null = null;
      for (const ball of balls) {
        const [dx, dy] = [(x - ball.x) / ball.rx, (y - ball.y) / ball.ry];
        const left = 1 - dx * dx - dy * dy;
        if (left <= 0) continue;
        const front = ball.z + ball.rz * Math.sqrt(left);
        if (front <= z) continue;
        z = front;
        seen = ball;
        normal = [dx / ball.rx, dy / ball.ry, Math.sqrt(left) / ball.rz];
      }
      const facing = (normal[0] * light[0] + normal[1] * light[1] + normal[2] * light[2]) / Math.hypot(...normal);
      const shade = ambient + (1 - ambient) * Math.max(0, facing);
      const paint = seen?.colour ?? wall.colour;
      for (let c = 0; c < 3; c++) image[c * pixels + i] = paint[c] * shade;
      depth[i] = (z + 0.7) / 1.4;
      label[i] = seen?.label ?? 0;
      if (label[i] === 1) face[i] = depth[i];
      else if (seen) mask[i] = 1;
    }

  const coefficients = Float32Array.from([
    ...light,
    ambient,
    wall.slopeX,
    wall.slopeY,
    ...balls.slice(0, 3).flatMap((b) => [b.x, b.y, b.rx, b.ry, b.rz]),
    ...skin,
    ...hair,
  ]);
  return {
    image,
    depth,
    face,
    mask,
    label,
    holes: borderHoles(label, size, r),
    ...shifted(image, label, r),
    coefficients,
  };
}

/** The head moved sideways over the rest of the picture, and 1 where there was head before and nothing is now. */
function shifted(image: Float32Array, label: Int32Array, r: Random) {
  const size = Math.sqrt(label.length);
  const by = (r.chance(0.5) ? 1 : -1) * Math.ceil(r.range(0.05, 0.15) * size);
  const view = Float32Array.from(image);
  const viewHoles = Float32Array.from(label, (l) => (l > 0 ? 1 : 0));
  for (let i = 0; i < label.length; i++) {
    const from = (i % size) - by;
    if (from < 0 || from >= size || label[i - by] === 0) continue;
    viewHoles[i] = 0;
    for (let c = 0; c < 3; c++) view[c * label.length + i] = image[c * label.length + i - by];
  }
  return { view, viewHoles };
}
