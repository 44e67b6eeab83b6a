import * as t from "@cameo/train";
import { interpolate, quaternion, quaternionFromAngles, rasterize, transformToCamera, triangulateGrid } from "cameo";
import { describe, expect, it } from "vitest";
import { expectGradients, noise } from "./finite-differences.ts";

const size = 12;
const camera = { fx: 30, fy: 30, cx: 6, cy: 6 };
const cameraTensor = () => t.constant(Float32Array.of(30, 30, 6, 6), [1, 4]);
const depth = {
  width: size,
  height: size,
  data: Float32Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [(i % size) - 5.5, Math.floor(i / size) - 5.5];
    return 10 - 0.05 * (30 - x * x - y * y) * 0.2;
  }),
};
const mask = Uint8Array.from({ length: size * size }, (_, i) => {
  const [x, y] = [(i % size) - 5.5, Math.floor(i / size) - 5.5];
  return x * x + y * y < 25 ? 1 : 0;
});
const motion: t.Motion = {
  rotation: quaternion.toMatrix(quaternion.fromAxisAngle([0.2, 1, 0.1], 0.15)),
  translation: [-1.4, 0.2, 0.3],
};
const colours = noise(3 * size * size, 4).map((v) => 0.5 + 0.5 * v);
const seen = t.warpVisibility(depth, mask, camera, camera, motion);
const visibility = {
  corners: t.constant(seen.corners, [1, size * size, 3]),
  covered: t.constant(seen.covered, [1, size * size, 1]),
};
const fixed = () => ({
  from: cameraTensor(),
  to: cameraTensor(),
  rotation: t.constant(Float32Array.from(motion.rotation), [1, 3, 3]),
  translation: t.constant(Float32Array.from(motion.translation), [1, 3]),
});

const evaluate = async (outputs: Record<string, t.Tensor>, feeds: Record<string, t.Values>) =>
  (await t.createProgram(t.toOnnx(outputs), { threads: 1 })).run(feeds);

describe("the mesh warp", () => {
  it("gives what the rasteriser gives for the moved mesh", async () => {
    const x = t.input("depth", [1, 1, size, size]);
    const picture = t.constant(colours, [1, 3, size, size]);
    const warped = t.warpByDepth({ depth: x, picture, ...fixed() }, visibility);
    const result = await evaluate({ image: warped.picture, z: warped.depth }, { depth: depth.data });

    const mesh = triangulateGrid(depth, camera, mask);
    const moved = mesh.positions.map((_, i) => {
      const [k, p] = [i % 3, i - (i % 3)];
      const r = motion.rotation;
      return (
        r[3 * k] * mesh.positions[p] +
        r[3 * k + 1] * mesh.positions[p + 1] +
        r[3 * k + 2] * mesh.positions[p + 2] +
        motion.translation[k]
      );
    });
    const raster = rasterize(moved, mesh.triangles, camera, { width: size, height: size });
    const perVertex = Float32Array.from(
      { length: mesh.pixels.length * 3 },
      (_, i) => colours[(i % 3) * size * size + mesh.pixels[Math.floor(i / 3)]],
    );
    const expected = interpolate(raster, perVertex, mesh.triangles, 3);
    const covered = raster.triangle.filter((id) => id >= 0).length;
    expect(covered).toBeGreaterThan(60);
    for (let p = 0; p < size * size; p++) {
      expect(Number(result.z[p])).toBeCloseTo(raster.depth[p], 3);
      for (let c = 0; c < 3; c++) expect(Number(result.image[c * size * size + p])).toBeCloseTo(expected[3 * p + c], 3);
    }
  });

  it(
    "has gradients with respect to depth and picture",
    () =>
      expectGradients(
        (d, picture) => t.warpByDepth({ depth: d, picture, ...fixed() }, visibility).picture,
        [
          { shape: [1, 1, size, size], values: depth.data },
          { shape: [1, 3, size, size], values: colours },
        ],
        { step: 1e-3, tolerance: 2e-2 },
      ),
    60_000,
  );

  it(
    "has gradients with respect to motion and cameras",
    () =>
      expectGradients(
        (q, translation, to) => {
          const rotation = t.quaternionToMatrix(q);
          const given = { ...fixed(), rotation, translation, to };
          const d = t.constant(depth.data, [1, 1, size, size]);
          return t.warpByDepth({ depth: d, picture: t.constant(colours, [1, 3, size, size]), ...given }, visibility)
            .picture;
        },
        [
          { shape: [1, 4], values: Float32Array.from(quaternion.fromAxisAngle([0.2, 1, 0.1], 0.15)) },
          { shape: [1, 3], values: Float32Array.from(motion.translation) },
          { shape: [1, 4], values: Float32Array.of(30, 30, 6, 6) },
        ],
        { step: 2e-4, tolerance: 2e-2 },
      ),
    60_000,
  );

  it("lets a wrong depth be corrected by the colours of the second picture", async () => {
    // A smooth texture on a plane at 10 mm; the first guess is 10.6.
    const texture = Float32Array.from({ length: 3 * size * size }, (_, i) => {
      const [x, y] = [i % size, Math.floor(i / size) % size];
      return 0.5 + 0.3 * Math.sin(x / 2.3 + i / 400) + 0.15 * Math.cos(y / 1.9);
    });
    const everywhere = new Uint8Array(size * size).fill(1);
    const side: t.Motion = { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [-0.8, 0, 0] };
    const d = t.input("d", [1, 1, 1, 1]);
    const corners = t.input("corners", [1, size * size, 3], "int32");
    const covered = t.input("covered", [1, size * size, 1]);
    const plane = t.broadcastTo(d, [1, 1, size, size]);
    const motionTensors = {
      from: cameraTensor(),
      to: cameraTensor(),
      rotation: t.constant(Float32Array.from(side.rotation), [1, 3, 3]),
      translation: t.constant(Float32Array.from(side.translation), [1, 3]),
    };
    const { picture } = t.warpByDepth(
      { depth: plane, picture: t.constant(texture, [1, 3, size, size]), ...motionTensors },
      { corners, covered },
    );
    const wanted = t.input("wanted", [1, 3, size, size]);
    const region = t.reshape(covered, [1, 1, size, size]);
    const loss = t.div(t.sum(t.mul(t.square(t.sub(picture, wanted)), region)), t.sum(region));
    const program = await t.createProgram(t.toOnnx({ picture, loss, slope: t.gradients(loss, [d])[0] }), {
      threads: 1,
    });
    const at = (value: number) => {
      const map = { width: size, height: size, data: new Float32Array(size * size).fill(value) };
      return t.warpVisibility(map, everywhere, camera, camera, side);
    };
    const blank = new Float32Array(3 * size * size);
    const truth = (await program.run({ d: Float32Array.of(10), wanted: blank, ...at(10) })).picture;
    let value = 10.6;
    for (let i = 0; i < 60; i++) {
      const { slope } = await program.run({ d: Float32Array.of(value), wanted: truth, ...at(value) });
      value -= 30 * Number(slope[0]);
    }
    expect(value).toBeCloseTo(10, 1);
  });
});

describe("rendering a mesh", () => {
  const triangles = Uint32Array.of(0, 2, 1, 0, 3, 2, 0, 1, 4, 1, 2, 4);
  const model = Float32Array.of(-1.2, -1, 0, 1.1, -1, 0.2, 1, 1.2, 0.1, -1, 1, 0.3, 0.2, 0.1, 1.5);
  const rotation = quaternionFromAngles({ yaw: 0.3, pitch: 0.1, roll: 0.2 });
  const translation = [0.1, 0.05, 9] as const;
  const positions = transformToCamera(model, { rotation, translation });
  const one = t.meshVisibility(positions, triangles, camera, size, size);
  const given = {
    corners: t.constant(one.corners, [1, size * size, 3]),
    covered: t.constant(one.covered, [1, size * size, 1]),
  };

  it("gives what the rasteriser gives, and nothing where there is nothing", async () => {
    const values = noise(10, 5);
    const raster = rasterize(positions, triangles, camera, { width: size, height: size });
    const expected = interpolate(raster, values, triangles, 2);
    const { attributes, depth: z } = t.renderMesh(
      t.input("p", [1, 5, 3]),
      t.constant(values, [1, 5, 2]),
      given,
      cameraTensor(),
      size,
      size,
    );
    const result = await evaluate({ attributes, z }, { p: positions });
    expect(raster.triangle.some((id) => id < 0)).toBe(true);
    for (let p = 0; p < size * size; p++) {
      expect(Number(result.z[p])).toBeCloseTo(raster.depth[p], 3);
      for (let k = 0; k < 2; k++)
        expect(Number(result.attributes[k * size * size + p])).toBeCloseTo(expected[2 * p + k], 3);
    }
  });

  it(
    "has gradients with respect to shape, colours, light and pose",
    () =>
      expectGradients(
        (shape, colour, light, q, shift) => {
          // Model space to camera space as the library does it: y and z turn over.
          const flip = t.constant(Float32Array.of(1, 0, 0, 0, -1, 0, 0, 0, -1), [1, 3, 3]);
          const inCamera = t.transformPoints(shape, t.matmul(flip, t.quaternionToMatrix(q)), shift);
          const lit = t.mul(colour, t.reshape(light, [1, 1, 3]));
          return t.renderMesh(inCamera, lit, given, cameraTensor(), size, size).attributes;
        },
        [
          { shape: [1, 5, 3], values: model },
          { shape: [1, 5, 3] },
          { shape: [3] },
          { shape: [1, 4], values: Float32Array.from(rotation) },
          { shape: [1, 3], values: Float32Array.from(translation) },
        ],
        { step: 1e-3, tolerance: 2e-2 },
      ),
    60_000,
  );
});
