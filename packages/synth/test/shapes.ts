import type { Part } from "@cameo/synth";
import { Extra } from "@cameo/synth";
import { Label } from "cameo";

/** A white, matt ball about a point of model space. */
export function ball(radius: number, [x, y, z]: readonly number[] = [0, 0, 0], rows = 48, columns = 96): Part {
  const positions: number[] = [];
  const normals: number[] = [];
  for (let i = 0; i <= rows; i++)
    for (let j = 0; j < columns; j++) {
      const a = (Math.PI * i) / rows;
      const b = (2 * Math.PI * j) / columns;
      const n = [Math.sin(a) * Math.sin(b), Math.cos(a), Math.sin(a) * Math.cos(b)];
      normals.push(...n);
      positions.push(x + radius * n[0], y + radius * n[1], z + radius * n[2]);
    }
  const triangles: number[] = [];
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const [a, b] = [i * columns + j, i * columns + ((j + 1) % columns)];
      triangles.push(a, a + columns, b, b, a + columns, b + columns);
    }
  return {
    material: "cloth",
    follows: "head",
    positions: Float32Array.from(positions),
    normals: Float32Array.from(normals),
    triangles: Uint32Array.from(triangles),
    colour: [1, 1, 1],
    doubleSided: false,
    labels: Label.face,
    extras: Extra.none,
  };
}

/** A square card that faces the viewer of a head seen from the front. */
export const card = (half: number, [x, y, z]: readonly number[]): Part => ({
  material: "hair",
  follows: "head",
  positions: Float32Array.of(
    ...[x - half, y - half, z],
    ...[x + half, y - half, z],
    ...[x + half, y + half, z],
    ...[x - half, y + half, z],
  ),
  triangles: Uint32Array.of(0, 1, 2, 0, 2, 3),
  uvs: Float32Array.of(0, 1, 1, 1, 1, 0, 0, 0),
  colour: [0.1, 0.1, 0.1],
  doubleSided: true,
  labels: Label.hair,
  extras: Extra.none,
});
