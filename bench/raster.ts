/**
 * Times the rasteriser on a head-sized sphere of 70 000 triangles at 256² and 1024², next to a plain rasteriser in the
 * same run: bounding box, three barycentrics from scratch per pixel, no grid, no clipping, no allocation.
 * Run: npx tsx --conditions=source bench/raster.ts
 */
import type { Camera } from "../packages/cameo/src/geometry/camera.ts";
import type { Mesh } from "../packages/cameo/src/mesh/mesh.ts";
import { createRaster, type Raster } from "../packages/cameo/src/raster/raster.ts";
import { rasterize } from "../packages/cameo/src/raster/rasterize.ts";
import { sphere } from "../packages/cameo/test/mesh/shapes.ts";

function plain({ positions, triangles }: Mesh, { fx, fy, cx, cy }: Camera, out: Raster): void {
  const { width, height, depth, triangle, barycentrics } = out;
  depth.fill(0);
  triangle.fill(-1);
  barycentrics.fill(0);
  for (let t = 0; t < triangles.length / 3; t++) {
    const a = 3 * triangles[3 * t];
    const b = 3 * triangles[3 * t + 1];
    const c = 3 * triangles[3 * t + 2];
    const x0 = (fx * positions[a]) / positions[a + 2] + cx;
    const y0 = (fy * positions[a + 1]) / positions[a + 2] + cy;
    const x1 = (fx * positions[b]) / positions[b + 2] + cx;
    const y1 = (fy * positions[b + 1]) / positions[b + 2] + cy;
    const x2 = (fx * positions[c]) / positions[c + 2] + cx;
    const y2 = (fy * positions[c + 1]) / positions[c + 2] + cy;
    const area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0);
    if (area >= 0) continue;
    const left = Math.max(0, Math.floor(Math.min(x0, x1, x2)));
    const right = Math.min(width - 1, Math.floor(Math.max(x0, x1, x2)));
    const top = Math.max(0, Math.floor(Math.min(y0, y1, y2)));
    const bottom = Math.min(height - 1, Math.floor(Math.max(y0, y1, y2)));
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const u = column + 0.5;
        const v = row + 0.5;
        const l0 = ((x2 - x1) * (v - y1) - (y2 - y1) * (u - x1)) / area;
        const l1 = ((x0 - x2) * (v - y2) - (y0 - y2) * (u - x2)) / area;
        const l2 = 1 - l0 - l1;
        if (l0 < 0 || l1 < 0 || l2 < 0) continue;
        const w0 = l0 / positions[a + 2];
        const w1 = l1 / positions[b + 2];
        const z = 1 / (w0 + w1 + l2 / positions[c + 2]);
        const p = row * width + column;
        if (triangle[p] >= 0 && depth[p] <= z) continue;
        depth[p] = z;
        triangle[p] = t;
        barycentrics[2 * p] = w0 * z;
        barycentrics[2 * p + 1] = w1 * z;
      }
    }
  }
}

/** Times of `runs` calls after a warm-up, ms, sorted. The two candidates take turns, so that both meet the same noise. */
function race(candidates: (() => void)[], runs: number): number[][] {
  const times: number[][] = candidates.map(() => []);
  for (let i = -10; i < runs; i++) {
    for (const [k, candidate] of candidates.entries()) {
      const start = performance.now();
      candidate();
      if (i >= 0) times[k].push(performance.now() - start);
    }
  }
  return times.map((t) => t.sort((a, b) => a - b));
}

// 70 000 triangles, radius 100 mm, 1 m away.
const mesh = sphere(176, 200, 100, [0, 0, 1000]);
const quantile = (sorted: number[], q: number) => sorted[Math.floor(q * (sorted.length - 1))];
console.log(`${mesh.triangles.length / 3} triangles`);
for (const size of [256, 1024]) {
  const camera: Camera = { fx: 4 * size, fy: 4 * size, cx: size / 2, cy: size / 2 };
  const out = createRaster(size, size);
  const other = createRaster(size, size);
  const options = { width: size, height: size };
  const [ours, peer] = race(
    [() => rasterize(mesh.positions, mesh.triangles, camera, options, out), () => plain(mesh, camera, other)],
    100,
  );
  let same = 0;
  let covered = 0;
  for (let p = 0; p < out.triangle.length; p++) {
    if (out.triangle[p] >= 0) covered++;
    if (out.triangle[p] === other.triangle[p]) same++;
  }
  const line = (times: number[]) =>
    `${quantile(times, 0.5).toFixed(2)} ms (10–90 %: ${quantile(times, 0.1).toFixed(2)}–${quantile(times, 0.9).toFixed(2)})`;
  console.log(
    `${size}²: cameo ${line(ours)}, plain ${line(peer)}, ratio ${(quantile(ours, 0.5) / quantile(peer, 0.5)).toFixed(2)};` +
      ` ${covered} pixels covered, ${((100 * same) / out.triangle.length).toFixed(2)} % the same triangle`,
  );
}
