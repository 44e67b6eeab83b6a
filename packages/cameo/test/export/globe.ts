import type { TexturedMesh } from "../../src/export/textured-mesh.ts";

/**
 * A globe of 200 mm with a texture seam down its back, where vertices are doubled, a chart for its texture, every
 * label, and three expressions: the nose comes out, everything widens, nothing moves.
 */
export function globe(rings = 16, sectors = 24): TexturedMesh {
  const [columns, rows] = [sectors + 1, rings + 1];
  const count = columns * rows;
  const positions = new Float32Array(count * 3);
  const normals = new Float32Array(count * 3);
  const uvs = new Float32Array(count * 2);
  const colors = new Uint8Array(count * 3);
  const labels = new Uint8Array(count);
  const nose = new Float32Array(count * 3);
  const wide = new Float32Array(count * 3);
  for (let row = 0, v = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, v++) {
      const polar = (row / rings) * Math.PI;
      const around = ((column % sectors) / sectors) * 2 * Math.PI - Math.PI;
      const unit = [Math.sin(polar) * Math.sin(around), Math.cos(polar), Math.sin(polar) * Math.cos(around)];
      if (row === 0 || row === rings) unit.splice(0, 3, 0, row === 0 ? 1 : -1, 0);
      positions.set(
        unit.map((x) => x * 100),
        v * 3,
      );
      normals.set(unit, v * 3);
      uvs.set([column / sectors, row / rings], v * 2);
      colors.set([row * 10, column * 8, 255 - row * 10], v * 3);
      labels[v] = Math.floor((row / rows) * 6);
      if (unit[2] > 0.9) nose[v * 3 + 2] = (unit[2] - 0.9) * 200;
      wide[v * 3] = unit[0] * 10;
    }
  const triangles: number[] = [];
  for (let row = 0; row < rings; row++)
    for (let column = 0; column < sectors; column++) {
      const a = row * columns + column;
      const [b, c, d] = [a + 1, a + columns, a + columns + 1];
      if (row > 0) triangles.push(a, d, b);
      if (row < rings - 1) triangles.push(a, c, d);
    }
  return {
    positions,
    normals,
    uvs,
    colors,
    labels,
    triangles: Uint32Array.from(triangles),
    texture: checkers(64),
    morphTargets: new Map([
      ["noseOut", nose],
      ["wide", wide],
      ["still", new Float32Array(count * 3)],
    ]),
  };
}

function checkers(size: number): TexturedMesh["texture"] {
  const data = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      data.set(
        ((x >> 3) + (y >> 3)) % 2 ? [220, 180, 160] : [(x * 255) / size, (y * 255) / size, 90],
        (y * size + x) * 3,
      );
  return { width: size, height: size, data };
}

/** The bounds of coordinate triples. */
export function bounds(triples: ArrayLike<number>): { min: number[]; max: number[] } {
  const min = [Infinity, Infinity, Infinity];
  const max = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < triples.length; i++) {
    min[i % 3] = Math.min(min[i % 3], triples[i]);
    max[i % 3] = Math.max(max[i % 3], triples[i]);
  }
  return { min, max };
}
