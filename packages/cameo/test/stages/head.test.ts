import { beforeAll, describe, expect, it } from "vitest";
import { transformToCamera } from "../../src/geometry/pose.ts";
import { Label } from "../../src/image.ts";
import { components } from "../../src/mesh/components.ts";
import { distance } from "../../src/mesh/distance.ts";
import { SurfaceTree } from "../../src/mesh/nearest.ts";
import { vertexNormals } from "../../src/mesh/normals.ts";
import { Region } from "../../src/morphable/model.ts";
import { synthesizeAlbedo } from "../../src/morphable/synthesize.ts";
import { rasterize } from "../../src/raster/rasterize.ts";
import { compose } from "../../src/raster/rendering.ts";
import { createTexture } from "../../src/raster/texture.ts";
import { buildHead, type HeadInput } from "../../src/stages/head/build.ts";
import { closedSurface } from "../../src/stages/head/closed-surface.ts";
import { headExpressions } from "../../src/stages/head/expressions.ts";
import { layersOf, refineCropLabels } from "../../src/stages/head/layers.ts";
import { openSurface } from "../../src/stages/head/open-surface.ts";
import type { SplitMesh } from "../../src/stages/head/split.ts";
import type { HeadSurface } from "../../src/stages/head/surface.ts";
import { type HeadTemplate, headTemplate } from "../../src/stages/head/template.ts";
import { renderMesh, turned } from "../../src/stages/pose/render.ts";
import { headInput } from "../support/head-input.ts";
import {
  drawModel,
  loadModel,
  meanDifference,
  type PortraitOptions,
  type SyntheticPortrait,
  syntheticPortrait,
} from "../support/synthetic.ts";
import { openEdges } from "../support/watertight.ts";

let template: HeadTemplate;
beforeAll(async () => {
  template = headTemplate(await loadModel());
});

const longestEdge = ({ positions, triangles }: Pick<HeadSurface, "positions" | "triangles">): number =>
  triangles.reduce(
    (longest, v, k) => Math.max(longest, distance(positions, v, triangles[k % 3 === 2 ? k - 2 : k + 1])),
    0,
  );

describe("openSurface", () => {
  const surfaces = (): HeadSurface[] =>
    [-0.6, 0, 0.35].map((yaw) => openSurface(headInput(template, syntheticPortrait(template.model, { seed: 7, yaw }))));

  it("has no stretched triangles", () => {
    for (const surface of surfaces()) expect(longestEdge(surface)).toBeLessThan(20);
  });

  it("is made of the whole face and the depth mesh, and of nothing that the photo does not show", () => {
    for (const { modelTriangles, labels, triangles } of surfaces()) {
      const kept = new Set(modelTriangles);
      template.facial.forEach((facial, t) => {
        expect(kept.has(t)).toBe(facial === 1);
      });
      expect(modelTriangles.filter((t) => t < 0).length).toBeGreaterThan(2000);
      expect(labels).toHaveLength(triangles.length / 3);
    }
  });

  it("stitches the depth mesh to the face", () => {
    for (const { triangles, modelTriangles } of surfaces()) {
      const vertexCount = template.model.vertexCount;
      const seam = modelTriangles.reduce((count, source, t) => {
        const corners = triangles.subarray(3 * t, 3 * t + 3);
        return count + (source < 0 && corners.some((v) => v < vertexCount) ? 1 : 0);
      }, 0);
      expect(seam).toBeGreaterThan(40);
      // The largest connected part holds face and depth mesh both.
      const { ofTriangle, sizes } = components(triangles);
      const largest = sizes.indexOf(sizes.reduce((a, b) => Math.max(a, b), 0));
      const inLargest = (wanted: (t: number) => boolean) =>
        modelTriangles.some((_, t) => ofTriangle[t] === largest && wanted(t));
      expect(inLargest((t) => modelTriangles[t] < 0)).toBe(true);
      expect(inLargest((t) => modelTriangles[t] >= 0 && template.facial[modelTriangles[t]] === 1)).toBe(true);
    }
  });

  it("looks the same from the photo's camera as the model it came from, but for half a pixel at outlines", () => {
    const input = headInput(template, syntheticPortrait(template.model, { seed: 8, yaw: 0.2 }));
    const surface = openSurface(input);
    const { camera } = input.crop;
    const found = rasterize(
      transformToCamera(surface.positions, input.pose),
      surface.triangles,
      camera,
      input.crop.image,
    );
    let holes = 0;
    let off = 0;
    let head = 0;
    for (let i = 0; i < input.depth.data.length; i++) {
      if (input.depth.data[i] === 0) continue;
      head++;
      if (found.depth[i] === 0) holes++;
      else if (Math.abs(found.depth[i] - input.depth.data[i]) > 2) off++;
    }
    expect(holes / head).toBeLessThan(0.02);
    expect(off / head).toBeLessThan(0.01);
  });

  it("lays hair of the depth map over the face and keeps the face below it", () => {
    const input = headInput(template, syntheticPortrait(template.model, { seed: 9, yaw: 0 }));
    const labels = { ...input.labels, data: input.labels.data.slice() };
    const depth = { ...input.depth, data: input.depth.data.slice() };
    // A fringe 25 mm before the forehead.
    for (let i = 0; i < labels.data.length; i++) {
      if (labels.data[i] !== Label.face || Math.floor(i / labels.width) > 95) continue;
      labels.data[i] = Label.hair;
      depth.data[i] -= 25;
    }
    const surface = openSurface({ ...input, labels, depth });
    const raster = rasterize(
      transformToCamera(surface.positions, input.pose),
      surface.triangles,
      input.crop.camera,
      labels,
    );
    let hair = 0;
    let shown = 0;
    for (let i = 0; i < labels.data.length; i++) {
      if (labels.data[i] !== Label.hair || input.labels.data[i] !== Label.face) continue;
      hair++;
      if (raster.triangle[i] >= 0 && surface.labels[raster.triangle[i]] === Label.hair) shown++;
    }
    expect(hair).toBeGreaterThan(500);
    expect(shown / hair).toBeGreaterThan(0.9);
    expect(longestEdge(surface)).toBeLessThan(30);
    const kept = new Set(surface.modelTriangles);
    template.facial.forEach((facial, t) => {
      if (facial) expect(kept.has(t)).toBe(true);
    });
  });
});

/** So far the hair of `hairy` stands off the scalp, mm. */
const HAIR = 22;

/** A portrait whose scalp wears hair of an even thickness, seen as a depth network and a parsing network would see it. */
function hairy(options: PortraitOptions): HeadInput {
  const input = headInput(template, syntheticPortrait(template.model, options));
  const { shape, pose, crop, raster } = input;
  const { model } = template;
  const normals = vertexNormals(shape, model.triangles);
  const grown = shape.map((x, i) => x + (template.regions[Math.floor(i / 3)] === Region.scalp ? HAIR * normals[i] : 0));
  const scalp = model.triangles.filter((_, k) => model.regions[Math.floor(k / 3)] === Region.scalp);
  const hair = rasterize(transformToCamera(grown, pose), scalp, crop.camera, crop.image);
  const labels = { ...input.labels, data: input.labels.data.slice() };
  const depth = { ...input.depth, data: input.depth.data.slice() };
  for (let p = 0; p < labels.data.length; p++) {
    if (hair.depth[p] === 0 || (raster.depth[p] > 0 && raster.depth[p] < hair.depth[p])) continue;
    labels.data[p] = Label.hair;
    depth.data[p] = hair.depth[p];
  }
  return { ...input, labels, fineLabels: refineCropLabels(labels, undefined, [1, 0, 0, 0, 1, 0]), depth };
}

describe("closedSurface", () => {
  const surfaceOf = (input: HeadInput) => closedSurface(input, layersOf(input));

  it("is closed: with hair, without, seen from the front and from the side", () => {
    for (const yaw of [-0.8, 0.2]) {
      const bald = surfaceOf(headInput(template, syntheticPortrait(template.model, { seed: 3, yaw })));
      expect(openEdges(bald.positions, bald.triangles)).toBe(0);
      const covered = surfaceOf(hairy({ seed: 3, yaw }));
      expect(openEdges(covered.positions, covered.triangles)).toBe(0);
      expect(covered.triangles.length).toBeGreaterThan(1.2 * bald.triangles.length);
    }
  });

  it("gives bald heads no hair, and hair is one piece", () => {
    const bald = surfaceOf(headInput(template, syntheticPortrait(template.model, { seed: 3 })));
    expect(bald.modelTriangles.every((t) => t >= 0)).toBe(true);
    const { triangles, modelTriangles } = surfaceOf(hairy({ seed: 3 }));
    const hair = triangles.filter((_, k) => modelTriangles[Math.floor(k / 3)] < 0);
    expect(components(hair).sizes).toHaveLength(1);
  });

  it("has visible hair where the depth map has it", () => {
    const input = hairy({ seed: 4, yaw: 0.3 });
    const surface = surfaceOf(input);
    const seen = rasterize(
      transformToCamera(surface.positions, input.pose),
      surface.triangles,
      input.crop.camera,
      input.crop.image,
    );
    const off: number[] = [];
    let missing = 0;
    for (let p = 0; p < seen.depth.length; p++) {
      if (input.labels.data[p] !== Label.hair) continue;
      if (seen.triangle[p] < 0 || surface.labels[seen.triangle[p]] !== Label.hair) missing++;
      else off.push(Math.abs(seen.depth[p] - input.depth.data[p]));
    }
    off.sort((a, b) => a - b);
    expect(missing / off.length).toBeLessThan(0.03);
    expect(off[Math.floor(0.5 * off.length)]).toBeLessThan(0.3);
    expect(off[Math.floor(0.9 * off.length)]).toBeLessThan(2);
  });

  it("continues hair behind the head as thick as it is seen before and beside it", () => {
    const input = hairy({ seed: 5, yaw: 0 });
    const surface = surfaceOf(input);
    const tree = new SurfaceTree(
      surface.positions,
      surface.triangles.filter((_, k) => surface.modelTriangles[Math.floor(k / 3)] < 0),
    );
    const normals = vertexNormals(input.shape, template.model.triangles);
    const outer: number[] = [];
    for (let v = 0; v < template.model.vertexCount; v++)
      if (template.regions[v] === Region.scalp && normals[3 * v + 2] < -0.6 && input.shape[3 * v + 1] > 0)
        for (let k = 0; k < 3; k++) outer.push(input.shape[3 * v + k] + HAIR * normals[3 * v + k]);
    const distances = tree.nearest(Float32Array.from(outer)).distances.sort();
    expect(distances[distances.length >> 1]).toBeLessThan(6);
  });

  it("moves an ear to where the photo shows it, and leaves the face", () => {
    const input = headInput(template, syntheticPortrait(template.model, { seed: 6, yaw: 0.7 }));
    const data = input.depth.data.map((z, p) => (input.labels.data[p] === Label.earLeft ? z - 6 : z));
    const surface = surfaceOf({ ...input, depth: { ...input.depth, data } });
    const moved = (v: number) =>
      Math.hypot(...[0, 1, 2].map((k) => surface.positions[3 * v + k] - input.shape[3 * v + k]));
    const of = (region: Region) => [...template.regions.keys()].filter((v) => template.regions[v] === region);
    const ear = of(Region.earRight)
      .map(moved)
      .sort((a, b) => a - b);
    expect(ear[ear.length >> 1]).toBeGreaterThan(3);
    expect(Math.max(...of(Region.face).map(moved))).toBeLessThan(0.01);
  });
});

describe("buildHead", () => {
  const size = 512;
  let portrait: SyntheticPortrait;
  let head: SplitMesh;
  beforeAll(() => {
    portrait = syntheticPortrait(template.model, { seed: 11, yaw: 0.15, size });
    head = buildHead(headInput(template, portrait));
  });

  it("rendered in the photo's pose is the photo", () => {
    const { mesh } = head;
    const { pose, camera, image } = portrait;
    const texture = createTexture(mesh.texture);
    const rendering = renderMesh(transformToCamera(mesh.positions, pose), mesh, texture, mesh.triangles, camera, {
      width: size,
      height: size,
    });
    const isInside = (p: number) => rendering.data[4 * p + 3] === 1;
    expect(meanDifference(compose(rendering, [90, 120, 150]), image, isInside)).toBeLessThan(5);
  });

  it("rendered turned is like the model turned in the same light, parts that the photo hid included", () => {
    const { mesh } = head;
    const { pose, camera, shape } = portrait;
    for (const yaw of [-0.5, 0.5]) {
      const view = turned(pose, { yaw });
      const rendering = renderMesh(
        transformToCamera(mesh.positions, view),
        mesh,
        createTexture(mesh.texture),
        mesh.triangles,
        camera,
        {
          width: size,
          height: size,
        },
      );
      // The light stays on the skin as the photo shows it.
      const { model } = template;
      const albedo = synthesizeAlbedo(model, portrait.texture);
      const truth = drawModel(model, shape, albedo, portrait.illumination, view, camera, size, [90, 120, 150], pose);
      const raster = rasterize(transformToCamera(shape, view), model.triangles, camera, { width: size, height: size });
      const isFace = (p: number) =>
        rendering.data[4 * p + 3] === 1 && raster.triangle[p] >= 0 && model.regions[raster.triangle[p]] === Region.face;
      expect(meanDifference(compose(rendering, [90, 120, 150]), truth, isFace)).toBeLessThan(12);
    }
  });

  it("has texture coordinates within the texture, unit normals and every label", () => {
    const { mesh, sources } = head;
    expect(mesh.uvs.every((value) => value >= 0 && value <= 1)).toBe(true);
    for (let v = 0; v < sources.length; v++) {
      expect(Math.hypot(...mesh.normals.subarray(3 * v, 3 * v + 3))).toBeCloseTo(1, 2);
    }
    expect(new Set(mesh.labels)).toEqual(new Set(Object.values(Label)));
    expect(mesh.triangles.every((v) => v < sources.length)).toBe(true);
  });

  it("is closed after its vertices are split, with hair and without", () => {
    expect(openEdges(head.mesh.positions, head.mesh.triangles)).toBe(0);
    const { mesh } = buildHead(hairy({ seed: 11, yaw: 0.15, size }));
    expect(openEdges(mesh.positions, mesh.triangles)).toBe(0);
  });

  it("open, shows the photo in the photo's pose too, and has no back", () => {
    const open = buildHead({ ...headInput(template, portrait), open: true }).mesh;
    const { pose, camera, image } = portrait;
    const rendering = renderMesh(
      transformToCamera(open.positions, pose),
      open,
      createTexture(open.texture),
      open.triangles,
      camera,
      image,
    );
    const isInside = (p: number) => rendering.data[4 * p + 3] === 1;
    expect(meanDifference(compose(rendering, [90, 120, 150]), image, isInside)).toBeLessThan(5);
    const deepest = open.positions.reduce((least, z, i) => (i % 3 === 2 ? Math.min(least, z) : least), 0);
    expect(deepest).toBeGreaterThan(-60);
    expect(openEdges(open.positions, open.triangles)).toBeGreaterThan(0);
  });

  it("is the same each time", () => {
    const again = buildHead(headInput(template, portrait));
    const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      a.length === b.length && Array.prototype.every.call(a, (value, i) => value === b[i]);
    expect(same(again.mesh.positions, head.mesh.positions)).toBe(true);
    expect(same(again.mesh.texture.data, head.mesh.texture.data)).toBe(true);
  });

  it("moves with named expressions: a jaw that opens moves chin, not crown", () => {
    const { mesh } = head;
    const targets = headExpressions(template.model, head, portrait.expression).named();
    expect([...targets.keys()]).toEqual([...template.model.namedExpressions.keys()]);
    const jaw = targets.get("jawOpen")!;
    const moved = (v: number) => Math.hypot(...jaw.subarray(3 * v, 3 * v + 3));
    let lowest = 0;
    let chin = 0;
    for (let v = 0; v < mesh.labels.length; v++) {
      if (mesh.labels[v] === Label.hair) expect(moved(v)).toBeLessThan(6);
      if (mesh.labels[v] === Label.face && mesh.positions[3 * v + 1] < lowest) {
        lowest = mesh.positions[3 * v + 1];
        chin = v;
      }
    }
    expect(moved(chin)).toBeGreaterThan(8);
  });
});
