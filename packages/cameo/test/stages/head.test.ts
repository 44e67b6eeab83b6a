import { beforeAll, describe, expect, it } from "vitest";
import { transformToCamera } from "../../src/geometry/pose.ts";
import { Label } from "../../src/image.ts";
import { components } from "../../src/mesh/components.ts";
import { distance } from "../../src/mesh/distance.ts";
import { Region } from "../../src/morphable/model.ts";
import { synthesizeAlbedo } from "../../src/morphable/synthesize.ts";
import { rasterize } from "../../src/raster/rasterize.ts";
import { compose } from "../../src/raster/rendering.ts";
import { createTexture } from "../../src/raster/texture.ts";
import { buildHead } from "../../src/stages/head/build.ts";
import { headExpressions } from "../../src/stages/head/expressions.ts";
import type { SplitMesh } from "../../src/stages/head/split.ts";
import { buildSurface, type HeadSurface } from "../../src/stages/head/surface.ts";
import { type HeadTemplate, headTemplate } from "../../src/stages/head/template.ts";
import { renderMesh, turned } from "../../src/stages/pose/render.ts";
import { headInput } from "../support/head-input.ts";
import {
  drawModel,
  loadModel,
  meanDifference,
  type SyntheticPortrait,
  syntheticPortrait,
} from "../support/synthetic.ts";

let template: HeadTemplate;
beforeAll(async () => {
  template = headTemplate(await loadModel());
});

const longestEdge = ({ positions, triangles }: Pick<HeadSurface, "positions" | "triangles">): number =>
  triangles.reduce(
    (longest, v, k) => Math.max(longest, distance(positions, v, triangles[k % 3 === 2 ? k - 2 : k + 1])),
    0,
  );

describe("buildSurface", () => {
  const surfaces = (): HeadSurface[] =>
    [-0.6, 0, 0.35].map((yaw) =>
      buildSurface(headInput(template, syntheticPortrait(template.model, { seed: 7, yaw }))),
    );

  it("has no stretched triangles", () => {
    for (const surface of surfaces()) expect(longestEdge(surface)).toBeLessThan(20);
  });

  it("is made of the whole face, the depth mesh, and the model where the photo does not show it", () => {
    for (const { modelTriangles, labels, triangles } of surfaces()) {
      const kept = new Set(modelTriangles);
      template.facial.forEach((facial, t) => {
        if (facial) expect(kept.has(t)).toBe(true);
      });
      const fromDepth = modelTriangles.filter((t) => t < 0).length;
      expect(fromDepth).toBeGreaterThan(2000);
      expect(labels).toHaveLength(triangles.length / 3);
      const scalp = template.model.regions.filter((region) => region === Region.scalp).length;
      const keptScalp = modelTriangles.filter((t) => t >= 0 && template.model.regions[t] === Region.scalp).length;
      expect(keptScalp).toBeGreaterThan(0.2 * scalp);
      expect(keptScalp).toBeLessThan(0.97 * scalp);
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

  it("looks the same from the photo's camera as the model it came from: no cracks", () => {
    const input = headInput(template, syntheticPortrait(template.model, { seed: 8, yaw: 0.2 }));
    const surface = buildSurface(input);
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
    expect(holes / head).toBeLessThan(0.002);
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
    const surface = buildSurface({ ...input, labels, depth });
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
