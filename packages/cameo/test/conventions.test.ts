import { readFileSync } from "node:fs";
import { WebIO } from "@gltf-transform/core";
import { expect, test } from "vitest";
import { linearOfSrgb, toSrgb } from "../src/color.ts";
import { toGlb } from "../src/export/glb.ts";
import { MeshQuantization } from "../src/export/mesh-quantization.ts";
import { backProject, type Camera, cropCamera, focalFromFocal35, project } from "../src/geometry/camera.ts";
import {
  anglesFromQuaternion,
  type Pose,
  quaternionFromAngles,
  transformToCamera,
  transformToModel,
} from "../src/geometry/pose.ts";
import {
  fromAxisAngle,
  fromRotationVector,
  identity,
  multiply,
  type Quaternion,
  rotate,
  toMatrix,
} from "../src/geometry/quaternion.ts";
import { ambientSh, shade, shBasis } from "../src/geometry/spherical-harmonics.ts";
import { apply2d } from "../src/geometry/transform2d.ts";
import { cross, type Vec3 } from "../src/geometry/vec3.ts";
import { type DepthMap, Label } from "../src/image.ts";
import { borders } from "../src/mesh/border.ts";
import { triangulateGrid } from "../src/mesh/grid.ts";
import { vertexNormals } from "../src/mesh/normals.ts";
import { labelsOfRegions } from "../src/morphable/labels.ts";
import { Region } from "../src/morphable/model.ts";
import { depthPoints } from "../src/raster/depth.ts";
import { interpolate } from "../src/raster/interpolate.ts";
import { rasterize } from "../src/raster/rasterize.ts";
import { compose, createRendering } from "../src/raster/rendering.ts";
import { sampleTexture } from "../src/raster/texture.ts";
import { createPyramid } from "../src/resample.ts";
import { cutParseCrop, PARSE_CROP, parseView } from "../src/stages/parse/crop.ts";
import { sphere } from "./mesh/shapes.ts";

const page = readFileSync(new URL("../../../docs/conventions.md", import.meta.url), "utf8");
const lines = page
  .split("\n")
  .filter((line) => line.startsWith("- "))
  .map((line) => line.slice(2));
const tested = new Set<string>();

/** A test of the line of the page that reads just so. */
function line(text: string, check: () => void | Promise<void>): void {
  tested.add(text);
  test(text, async () => {
    expect(lines).toContain(text);
    await check();
  });
}

const camera: Camera = { fx: 100, fy: 120, cx: 16, cy: 12 };
const size = { width: 32, height: 24 };
const facing: Pose = { rotation: identity, translation: [0, 0, 1000] };
const posed = (rotation: Quaternion, point: Vec3) =>
  Array.from(transformToCamera(Float32Array.from(point), { rotation, translation: [0, 0, 1000] }));
const seen = (rotation: Quaternion, point: Vec3) =>
  Array.from(project(Float32Array.from(posed(rotation, point)), camera));
const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, digits = 4) => {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(actual[i]).toBeCloseTo(expected[i], digits);
};
/** A triangle that covers the picture at depth z, counter-clockwise to the eye. */
const sheet = (z: number) =>
  Float32Array.from(
    [
      [-100, -100],
      [-100, 200],
      [300, -100],
    ].flatMap(([u, v]) => backProject(u, v, z, camera)),
  );
const one = Uint32Array.from([0, 1, 2]);

line("Model space: with the identity pose, +x is right in the picture, +y is up, and +z points to the camera.", () => {
  const [u, v] = seen(identity, [0, 0, 0]);
  expect(seen(identity, [50, 0, 0])[0]).toBeGreaterThan(u);
  expect(seen(identity, [0, 50, 0])[1]).toBeLessThan(v);
  expect(posed(identity, [0, 0, 50])[2]).toBe(950);
});

line("Camera space: x right, y down, z forward; depth is z in mm, positive, and not the length of the ray.", () => {
  const [u, v] = project(Float32Array.from([10, 20, 100]), camera);
  expect(u).toBeGreaterThan(camera.cx);
  expect(v).toBeGreaterThan(camera.cy);
  // A wall at right angles to the view has one depth everywhere.
  expect(new Set(rasterize(sheet(500), one, camera, size).depth)).toEqual(new Set([500]));
});

line("Model, camera and light space have the same handedness: the pose maps x × y to z.", () => {
  const pose: Pose = { rotation: fromRotationVector([0.3, -1, 2]), translation: [0, 0, 0] };
  const [x, y, z] = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ].map((axis) => Array.from(transformToCamera(Float32Array.from(axis), pose)) as unknown as Vec3);
  close(cross(x, y), z);
  const light = ([a, b, c]: Vec3): Vec3 => [a, -b, -c];
  close(cross(light(x), light(y)), light(z));
});

line("Light space is camera space with y and z reversed, and model space of a head with the identity rotation.", () => {
  const n: Vec3 = [0.2, 0.5, 0.8];
  const q = fromRotationVector([0.4, 0.9, -0.2]);
  const [x, y, z] = transformToCamera(Float32Array.from(n), { rotation: q, translation: [0, 0, 0] });
  close([x, -y, -z], rotate(q, n));
  // Light from the viewer lights what faces the camera.
  const fromViewer = Float32Array.from({ length: 9 }, (_, b) => (b === 2 ? 1 : 0));
  expect(shade(Float32Array.from([0, 0, 1]), fromViewer)[0]).toBeGreaterThan(0);
  expect(posed(identity, [0, 0, 1])[2]).toBeLessThan(1000);
});

line("glTF files hold metres, in the axes of model space.", async () => {
  const positions = Float32Array.from([0, 0, 0, 100, 0, 0, 0, 200, 50]);
  const glb = await toGlb(
    {
      positions,
      triangles: one,
      uvs: new Float32Array(6),
      normals: vertexNormals(positions, one),
      colors: new Uint8Array(9),
      labels: new Uint8Array(3),
      texture: { width: 1, height: 1, data: new Uint8Array(3) },
      morphTargets: new Map(),
    },
    { texture: { bytes: new Uint8Array([1]), mimeType: "image/png" } },
  );
  const root = (await new WebIO().registerExtensions([MeshQuantization]).readBinary(glb)).getRoot();
  const [primitive] = root.listMeshes()[0].listPrimitives();
  const [scale] = root.listNodes()[0].getScale();
  const metres = Array.from(primitive.getAttribute("POSITION")!.getArray()! as ArrayLike<number>, (x) => x * scale);
  close(metres, [0, 0, 0, 0.1, 0, 0, 0, 0.2, 0.05]);
});

line(
  "Pixel centres are at +0.5: the centre of the top-left pixel is at (0.5, 0.5), the picture's corner at (0, 0).",
  () => {
    // A square millimetre about (0.5, 0.5), smaller than a pixel: only the top-left pixel sees it.
    const corners = [
      [0.4, 0.4],
      [0.4, 0.6],
      [0.6, 0.6],
      [0.6, 0.4],
    ].flatMap(([u, v]) => backProject(u, v, 100, camera));
    const raster = rasterize(Float32Array.from(corners), Uint32Array.from([0, 1, 2, 0, 2, 3]), camera, size);
    expect([...raster.triangle.keys()].filter((p) => raster.triangle[p] >= 0)).toEqual([0]);
    const depth: DepthMap = { width: 1, height: 1, data: Float32Array.from([100]) };
    close(project(depthPoints(depth, camera), camera), [0.5, 0.5]);
  },
);

line("u = fx · x / z + cx and v = fy · y / z + cy.", () => {
  close(project(Float32Array.from([3, -4, 50]), camera), [(100 * 3) / 50 + 16, (120 * -4) / 50 + 12]);
});

line("Back-projection with depth z undoes projection.", () => {
  close(
    backProject(...(Array.from(project(Float32Array.from([3, -4, 50]), camera)) as [number, number]), 50, camera),
    [3, -4, 50],
  );
});

line(
  "Cropping at (x, y) and scaling by s makes pixel (u, v) of the old picture pixel ((u − x) · s, (v − y) · s) of the new one.",
  () => {
    const point = Float32Array.from([3, -4, 50]);
    const [u, v] = project(point, camera);
    close(project(point, cropCamera(camera, 5, 7, 2)), [(u - 5) * 2, (v - 7) * 2]);
  },
);

line(
  "A focal length in 35 mm equivalents compares diagonals: 43.27 mm see what the picture's diagonal in pixels sees.",
  () => {
    expect(focalFromFocal35(43.2666, 300, 400)).toBeCloseTo(500, 2);
  },
);

line(
  "Images, depth maps and label maps are stored row by row from the top; pixel (column, row) has index row · width + column.",
  () => {
    const depth: DepthMap = { width: 3, height: 2, data: Float32Array.from([1, 2, 3, 4, 5, 6]) };
    const pixels = project(depthPoints(depth, camera), camera);
    const index = 1 * 3 + 2;
    close(pixels.subarray(2 * index, 2 * index + 2), [2.5, 1.5]);
  },
);

line("A 2D transform [a, b, c, d, e, f] takes (x, y) to (a x + b y + c, d x + e y + f).", () => {
  expect(apply2d([2, 3, 5, 7, 11, 13], 1, 10)).toEqual([2 + 30 + 5, 7 + 110 + 13]);
});

line("Quaternions are x, y, z, w; the identity is (0, 0, 0, 1).", () => {
  expect(identity).toEqual([0, 0, 0, 1]);
  close(fromAxisAngle([0, 1, 0], 1), [0, Math.sin(0.5), 0, Math.cos(0.5)]);
});

line("Rotations are right-handed: a quarter turn about z takes x to y.", () => {
  close(rotate(fromAxisAngle([0, 0, 1], Math.PI / 2), [1, 0, 0]), [0, 1, 0]);
});

line("The product a · b applies b first.", () => {
  const a = fromRotationVector([0.3, 1, -0.4]);
  const b = fromRotationVector([-1, 0.2, 0.6]);
  close(rotate(multiply(a, b), [1, 2, 3]), rotate(a, rotate(b, [1, 2, 3])));
});

line("Rotation matrices are row-major and act on columns.", () => {
  const q = fromAxisAngle([0, 0, 1], Math.PI / 2);
  // The first column is where x goes.
  const m = toMatrix(q);
  close([m[0], m[3], m[6]], rotate(q, [1, 0, 0]));
});

line("A pose takes a model-space point X to F · R · X + t in camera space, F = diag(1, −1, −1).", () => {
  const pose: Pose = { rotation: fromRotationVector([0.2, -0.5, 0.1]), translation: [1, 2, 900] };
  const [x, y, z] = rotate(pose.rotation, [10, 20, 30]);
  const there = transformToCamera(Float32Array.from([10, 20, 30]), pose);
  close(there, [x + 1, -y + 2, -z + 900], 3);
  close(transformToModel(there, pose), [10, 20, 30], 3);
});

line("Angles are in radians.", () => {
  close(rotate(quaternionFromAngles({ yaw: Math.PI, pitch: 0, roll: 0 }), [0, 0, 1]), [0, 0, -1]);
  expect(anglesFromQuaternion(fromAxisAngle([0, 1, 0], 0.5)).yaw).toBeCloseTo(0.5, 6);
});

const nose: Vec3 = [0, 0, 100];
const crown: Vec3 = [0, 100, 0];

line("Yaw above 0 turns the face to the viewer's right.", () => {
  expect(seen(quaternionFromAngles({ yaw: 0.3, pitch: 0, roll: 0 }), nose)[0]).toBeGreaterThan(
    seen(facing.rotation, nose)[0],
  );
});

line("Pitch above 0 looks up.", () => {
  expect(seen(quaternionFromAngles({ yaw: 0, pitch: 0.3, roll: 0 }), nose)[1]).toBeLessThan(
    seen(facing.rotation, nose)[1],
  );
});

line("Roll above 0 tilts the head clockwise in the picture.", () => {
  const [u, v] = seen(quaternionFromAngles({ yaw: 0, pitch: 0, roll: 0.3 }), crown);
  const [straightU, straightV] = seen(facing.rotation, crown);
  expect(u).toBeGreaterThan(straightU);
  expect(v).toBeGreaterThan(straightV);
});

line("R = Ry(yaw) · Rx(−pitch) · Rz(−roll).", () => {
  const [yaw, pitch, roll] = [0.4, 0.3, -0.7];
  const expected = rotate(
    fromAxisAngle([0, 1, 0], yaw),
    rotate(fromAxisAngle([1, 0, 0], -pitch), rotate(fromAxisAngle([0, 0, 1], -roll), [1, 2, 3])),
  );
  close(rotate(quaternionFromAngles({ yaw, pitch, roll }), [1, 2, 3]), expected);
});

line("Corners of a triangle run counter-clockwise seen from outside, and normals point outwards.", () => {
  const { positions, triangles } = sphere(8, 12, 1);
  // The corner order, turned by the right-hand rule, gives the direction out.
  const normals = vertexNormals(positions, triangles);
  for (let i = 0; i < positions.length; i += 3) {
    expect([0, 1, 2].reduce((sum, k) => sum + normals[i + k] * positions[i + k], 0)).toBeGreaterThan(0.9);
  }
});

line("The rasteriser draws triangles that face the camera and, unless told otherwise, leaves out the others.", () => {
  const away = Uint32Array.from([0, 2, 1]);
  expect(rasterize(sheet(100), one, camera, size).triangle.every((t) => t === 0)).toBe(true);
  expect(rasterize(sheet(100), away, camera, size).triangle.every((t) => t === -1)).toBe(true);
  expect(rasterize(sheet(100), away, camera, { ...size, cull: "none" }).triangle.every((t) => t === 0)).toBe(true);
  // A head with the identity pose: the near side of a sphere in model space is what is seen.
  const head = sphere(16, 24, 60);
  const raster = rasterize(transformToCamera(head.positions, facing), head.triangles, camera, size);
  expect(raster.depth[12 * 32 + 16]).toBeLessThan(945);
});

line("A depth map's mesh faces the camera.", () => {
  const depth: DepthMap = { ...size, data: new Float32Array(32 * 24).fill(300) };
  const { positions, triangles } = triangulateGrid(depth, camera);
  for (const [i, n] of vertexNormals(positions, triangles).entries())
    expect(n + 0).toBeCloseTo(i % 3 === 2 ? -1 : 0, 5);
});

line("Depth 0 and triangle −1 mean that there is no surface.", () => {
  const raster = rasterize(new Float32Array(0), new Uint32Array(0), camera, size);
  expect(new Set(raster.depth)).toEqual(new Set([0]));
  expect(new Set(raster.triangle)).toEqual(new Set([-1]));
});

line(
  "Barycentrics are two per pixel, for the first and second corner; the third is one minus both; they are perspective-correct.",
  () => {
    // A slanted triangle: its corners' positions, weighted, are the point that the pixel sees.
    const positions = Float32Array.from([
      ...backProject(0, 0, 50, camera),
      ...backProject(0, 40, 100, camera),
      ...backProject(60, 0, 400, camera),
    ]);
    const raster = rasterize(positions, one, camera, size);
    const pixel = 5 * 32 + 9;
    const [a, b] = raster.barycentrics.subarray(2 * pixel, 2 * pixel + 2);
    const point = [0, 1, 2].map((k) => a * positions[k] + b * positions[3 + k] + (1 - a - b) * positions[6 + k]);
    close(point, backProject(9.5, 5.5, raster.depth[pixel], camera), 2);
    close(interpolate(raster, positions, one, 3).subarray(3 * pixel, 3 * pixel + 3), point, 2);
  },
);

line("A pixel centre on an edge belongs to the triangle whose top or left edge it is.", () => {
  const flat: Camera = { fx: 1, fy: 1, cx: 0, cy: 0 };
  const square = Float32Array.from([1.5, 1.5, 1, 1.5, 3.5, 1, 3.5, 3.5, 1, 3.5, 1.5, 1]);
  const raster = rasterize(square, Uint32Array.from([0, 1, 2, 0, 2, 3]), flat, { width: 5, height: 5 });
  expect([...raster.triangle.keys()].filter((p) => raster.triangle[p] >= 0)).toEqual([6, 7, 11, 12]);
});

line(
  "Texture coordinates: (0, 0) is the top-left corner of the texture's top-left pixel, (1, 1) the bottom-right corner of the last.",
  () => {
    const data = Uint8Array.from([255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255]);
    const at = (u: number, v: number) => {
      const out = new Float32Array(3);
      sampleTexture({ width: 2, height: 2, data }, u, v, out, 0);
      return out;
    };
    close(at(0, 0), [1, 0, 0]);
    close(at(0.25, 0.25), [1, 0, 0]);
    close(at(0.5, 0.5), [0.25, 0, 0.25]);
    close(at(1, 1), [0, 0, 1]);
  },
);

line("Borders have the surface on their left, seen from outside.", () => {
  const [{ vertices }] = borders(one);
  const first = vertices.indexOf(0);
  expect([0, 1, 2].map((k) => vertices[(first + k) % 3])).toEqual([0, 1, 2]);
});

line(
  "Pictures are sRGB-encoded, 8 bits, red, green, blue interleaved; linear light and back gives the same byte.",
  () => {
    for (let byte = 0; byte < 256; byte++) expect(toSrgb(linearOfSrgb[byte])).toBe(byte);
    // The standard's middle grey: 18 % of the light is 118.
    expect(toSrgb(0.18)).toBe(118);
    const rendering = createRendering(1, 1);
    rendering.data.set([linearOfSrgb[10], linearOfSrgb[20], linearOfSrgb[30], 1]);
    expect([...compose(rendering, [0, 0, 0]).data]).toEqual([10, 20, 30]);
  },
);

line("Albedo, light and renderings are linear; colours mix in linear light.", () => {
  const rendering = createRendering(1, 1);
  rendering.data.set([0.5, 0.5, 0.5, 0.5]);
  // Half white over black is half the light, which is encoded as 188, not as 128.
  expect([...compose(rendering, [0, 0, 0]).data]).toEqual([188, 188, 188]);
  // Twice the light on the same albedo is twice the number.
  const normal = Float32Array.from([0, 0, 1]);
  close(
    shade(normal, ambientSh([0.8])),
    shade(normal, ambientSh([0.4])).map((s) => 2 * s),
  );
});

line("Renderings are red, green, blue, coverage, with the colours multiplied by the coverage.", () => {
  const rendering = createRendering(1, 1);
  rendering.data.set([0.25, 0, 0, 0.25]);
  expect([...compose(rendering, [255, 255, 255]).data]).toEqual([255, toSrgb(0.75), toSrgb(0.75)]);
});

line("Spherical harmonics are in the order 1, y, z, x, xy, yz, 3z² − 1, xz, x² − y².", () => {
  const [x, y, z] = [0.36, 0.48, 0.8];
  const polynomials = [1, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y];
  const basis = shBasis(Float32Array.from([x, y, z]));
  const other = shBasis(Float32Array.from([z, x, y]));
  const otherPolynomials = [1, x, y, z, z * x, x * y, 3 * y * y - 1, z * y, z * z - x * x];
  for (let b = 0; b < 9; b++) expect(basis[b] / polynomials[b]).toBeCloseTo(other[b] / otherPolynomials[b], 5);
});

line("Light coefficients are stored harmonic by harmonic, red, green, blue for each.", () => {
  const gamma = new Float32Array(27);
  gamma[3 * 1 + 2] = 1;
  const [r, g, b] = shade(Float32Array.from([0, 1, 0]), gamma);
  expect([r, g]).toEqual([0, 0]);
  expect(b).toBeGreaterThan(0);
});

line("The cosine lobe is in the basis: light of radiance 1 from everywhere shows a surface at its albedo.", () => {
  const gamma = new Float32Array(9);
  // The radiance 1 is √(4π) times the constant harmonic.
  gamma[0] = Math.sqrt(4 * Math.PI);
  close(shade(Float32Array.from([0.6, 0, 0.8]), gamma), [1]);
  close(ambientSh([1]), gamma);
});

line("Light coefficients 1, 2 and 3 light from above, from the viewer and from the right of the picture.", () => {
  const directions: Vec3[] = [
    [0, 1, 0],
    [0, 0, 1],
    [1, 0, 0],
  ];
  for (const [i, direction] of directions.entries()) {
    const gamma = Float32Array.from({ length: 9 }, (_, b) => (b === 1 + i ? 1 : 0));
    for (const other of directions) {
      const s = shade(Float32Array.from(other), gamma)[0];
      if (other === direction) expect(s).toBeGreaterThan(0.3);
      else expect(s).toBe(0);
    }
  }
});

line(
  "Labels: 0 background, 1 face, 2 hair, 3 ear at the left of the picture, 4 ear at the right of the picture, 5 inner mouth.",
  () => {
    expect(Label).toEqual({ background: 0, face: 1, hair: 2, earLeft: 3, earRight: 4, innerMouth: 5 });
  },
);

line(
  "Labels name sides of the picture, regions those of the subject: the subject's left ear is at the right of the picture.",
  () => {
    expect([...labelsOfRegions(Uint8Array.from([Region.earLeft, Region.earRight]))]).toEqual([
      Label.earRight,
      Label.earLeft,
    ]);
    // The subject's left is +x, which a frontal picture shows at the right.
    expect(seen(identity, [80, 0, 0])[0]).toBeGreaterThan(seen(identity, [-80, 0, 0])[0]);
  },
);

line("Neck is background; scalp is hair; teeth and tongue are inner mouth.", () => {
  const regions = Uint8Array.from([Region.neck, Region.scalp, Region.teeth, Region.tongue]);
  expect([...labelsOfRegions(regions)]).toEqual([Label.background, Label.hair, Label.innerMouth, Label.innerMouth]);
});

const tilted: Pose = {
  rotation: quaternionFromAngles({ yaw: 0.3, pitch: -0.2, roll: 0.5 }),
  translation: [40, -20, 900],
};

line(
  "The parsing crop has 256² pixels and is 560 mm wide at the distance of the head centre, which lies 70 mm above its middle.",
  () => {
    const view = parseView({ ...camera, fy: camera.fx }, tilted);
    const at = (x: number) => project(Float32Array.of(x, 0, 900), view.camera)[0];
    expect(PARSE_CROP.side).toBe(256);
    expect((560 * (at(1) - at(0))) / 256).toBeCloseTo(1, 4);
    close(
      project(transformToCamera(Float32Array.of(0, 0, 0), view.pose), view.camera),
      [128, 128 - (70 * 256) / 560],
      3,
    );
  },
);
line(
  "The parsing crop is turned so that the head's up axis is seen pointing up in it; it is black where the photo ends.",
  () => {
    const { pose } = parseView({ ...camera, fy: camera.fx }, tilted);
    const [centre, top] = [0, 50].map((y) => transformToCamera(Float32Array.of(0, y, 0), pose));
    expect(top[0] - centre[0]).toBeCloseTo(0, 4);
    expect(top[1]).toBeLessThan(centre[1] - 40);
    const white = { ...size, data: new Uint8Array(3 * size.width * size.height).fill(255) };
    const { image, toPhoto } = cutParseCrop(createPyramid(white), { ...camera, fy: camera.fx }, tilted);
    for (const [x, y] of [
      [0, 0],
      [150, 96],
      [255, 255],
    ]) {
      const [u, v] = apply2d(toPhoto, x + 0.5, y + 0.5);
      const inside = u > 1 && v > 1 && u < size.width - 1 && v < size.height - 1;
      expect(image.data[3 * (256 * y + x)]).toBe(inside ? 255 : 0);
    }
  },
);

test("every line of the page has a test", () => {
  expect([...tested].sort()).toEqual([...lines].sort());
});
