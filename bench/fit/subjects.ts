/** People for `bench/fit.ts`: random MakeHuman heads, drawn with random cameras, poses, expressions, skins, hair and light. */
import {
  alignHead,
  fitPart,
  hairPicture,
  morph,
  placeCage,
  randomHead,
  readPack,
  readPart,
  readPicture,
} from "@cameo/synth";
import {
  type Angles,
  applySimilarity,
  type Camera,
  fitRigid,
  focalFromFocal35,
  type MorphableModel,
  type Pose,
  quaternionFromAngles,
  type RgbImage,
  rasterize,
  rotateNormals,
  shade,
  surfacePositions,
  synthesizeShape,
  toSrgb,
  transformToCamera,
  vertexNormals,
} from "cameo";
import sharp from "sharp";
import { type Palette, randomAlbedo, readPalette } from "../../tools/morphable-model/albedo.ts";
import { buildExpressions, type Offsets } from "../../tools/morphable-model/expressions.ts";
import { drawExpression, expressionGroups, openWorkshop, type Workshop } from "../../tools/morphable-model/model.ts";
import { createRandom, type Random } from "../../tools/morphable-model/random.ts";

/** What is known of a subject. */
export interface Truth {
  readonly size: { readonly width: number; readonly height: number };
  readonly camera: Camera;
  readonly angles: Angles;
  readonly pose: Pose;
  /** Control points in model space, mm. */
  readonly cage: Float32Array;
}

/** Everything subjects are made from, read once. */
export interface Studio {
  readonly model: MorphableModel;
  readonly shop: Workshop;
  readonly palette: Palette;
  readonly expressions: ReadonlyMap<string, Offsets>;
  readonly hair: readonly Wig[];
}

/** A hairstyle: its mesh and how it hangs on the body, and the opacity of its texture. */
interface Wig {
  readonly part: ReturnType<typeof readPart>;
  readonly alpha: { readonly width: number; readonly height: number; readonly data: Uint8Array };
}

/** Styles that leave the face free. */
const styles = ["short01", "short02", "short04", "afro01", "braid01", "ponytail01", "long01", "bob01"];
/** The longer side of the pictures, pixels. */
const longSide = 512;
/** Rays per pixel along each side. */
const samples = 2;

export async function openStudio(folder: string, model: MorphableModel): Promise<Studio> {
  const pack = readPack(folder);
  const shop = openWorkshop(pack);
  const hair = await Promise.all(
    styles.map(async (style): Promise<Wig> => {
      const { data, info } = await sharp(await readPicture(folder, hairPicture(style)))
        .resize(256, 256)
        .ensureAlpha()
        .extractChannel(3)
        .raw()
        .toBuffer({ resolveWithObject: true });
      return { part: readPart(folder, `hair/${style}/${style}`), alpha: { ...info, data } };
    }),
  );
  return {
    model,
    shop,
    palette: await readPalette(pack, shop.cage, shop.surface),
    expressions: buildExpressions(shop.face),
    hair,
  };
}

/** Draws the subject of a seed. */
export function drawSubject(studio: Studio, seed: number): { truth: Truth; image: RgbImage } {
  const random = createRandom(seed);
  const { shop, model, expressions } = studio;
  const body = morph(shop.pack.base.positions, shop.pack.targets, randomHead(random, shop.sliders));
  const placed = placeCage(shop.pack, shop.cage, body);
  shop.closeLips(placed);
  const neutral = Float32Array.from(placed);
  const cage = alignHead(shop.skull, neutral, model.meanShape);
  const toModel = fitRigid(neutral, cage);
  const names = [...expressions.keys()];
  const weights = drawExpression(random, expressionGroups(names), names);
  for (const [i, name] of names.entries()) {
    const offsets = expressions.get(name)!;
    if (weights[i] !== 0) for (let k = 0; k < cage.length; k++) cage[k] += weights[i] * offsets[k];
  }
  const wig = random.uniform() < 0.75 ? studio.hair[random.index(studio.hair.length)] : null;
  const hair =
    wig &&
    applySimilarity(
      toModel,
      Float32Array.from(fitPart(wig.part.fitting, body), (x) => 100 * x),
    );
  const view = drawView(random);
  const truth: Truth = { ...view, cage };
  return { truth, image: takePicture(random, studio, truth, wig, hair) };
}

/** Size, camera and pose: from a wide lens at arm's length to a portrait lens across the room, most faces nearly frontal. */
function drawView(random: Random): Omit<Truth, "cage"> {
  const upright = random.uniform();
  const size = {
    width: upright < 0.5 ? Math.round(0.8 * longSide) : longSide,
    height: upright > 0.75 ? Math.round(0.8 * longSide) : longSide,
  };
  for (;;) {
    const distance = 900 * Math.exp(0.45 * random.normal());
    const focal35 = 24 * (135 / 24) ** random.uniform();
    const f = focalFromFocal35(focal35, size.width, size.height);
    const faceWidth = (150 * f) / distance;
    if (distance < 400 || distance > 2000 || faceWidth < 100 || faceWidth > 250) continue;
    const degree = Math.PI / 180;
    const normal = (spread: number, limit: number) =>
      degree * Math.max(-limit, Math.min(limit, spread * random.normal()));
    const angles = {
      yaw: random.uniform() < 0.6 ? normal(12, 60) : degree * random.range(-60, 60),
      pitch: normal(9, 25),
      roll: normal(9, 30),
    };
    // Off the centre of the picture, as far as there is room for most of the head.
    const room = (side: number, need: number) =>
      Math.max(0, side / 2 - need * faceWidth) * random.range(-1, 1) * random.uniform();
    const x = room(size.width, 0.6);
    const y = room(size.height, 0.8);
    return {
      size,
      camera: { fx: f, fy: f, cx: size.width / 2, cy: size.height / 2 },
      angles,
      pose: {
        rotation: quaternionFromAngles(angles),
        translation: [(x / f) * distance, (y / f) * distance, distance],
      },
    };
  }
}

/** Matt head and hair under distant light, before a background that shades from one colour to another. */
function takePicture(
  random: Random,
  { model, shop, palette }: Studio,
  { size, camera, pose, cage }: Truth,
  wig: Wig | null,
  hair: Float32Array | null,
): RgbImage {
  const { triangles } = model;
  const shape = refine(model, cage);
  const albedo = randomAlbedo(random, palette, shop.surface);
  const hairTone = 0.01 * 25 ** random.uniform();
  const hairColour = [1, random.range(0.7, 0.95), random.range(0.4, 0.9)].map((c) => c * hairTone);
  const background = [0, 1].map(() => [0, 1, 2].map(() => random.range(0.02, 0.7)));
  const light = Float32Array.of(
    random.range(2.2, 3.4),
    0.4 + 0.6 * random.normal(),
    random.range(0.2, 1.2),
    0.7 * random.normal(),
    ...Array.from({ length: 5 }, () => 0.2 * random.normal()),
  );
  const fine = { fx: samples * camera.fx, fy: samples * camera.fy, cx: samples * camera.cx, cy: samples * camera.cy };
  const width = samples * size.width;
  const height = samples * size.height;
  const lit = (points: Float32Array, mesh: Uint32Array) =>
    shade(rotateNormals(vertexNormals(points, mesh), pose), light);
  const shading = lit(shape, triangles);
  const raster = rasterize(transformToCamera(shape, pose), triangles, fine, { width, height });
  const hairMesh = wig ? twoTriangles(wig.part.mesh.faces) : new Uint32Array();
  const hairUvs = wig ? twoTriangles(wig.part.mesh.faceUvs) : hairMesh;
  const over = hair && rasterize(transformToCamera(hair, pose), hairMesh, fine, { width, height, cull: "none" });
  const hairShading = hair && lit(hair, hairMesh);

  const sums = new Float32Array(3 * size.width * size.height);
  for (let p = 0; p < width * height; p++) {
    const x = p % width;
    const y = Math.floor(p / width);
    const out = 3 * (Math.floor(y / samples) * size.width + Math.floor(x / samples));
    const a = raster.barycentrics[2 * p];
    const b = raster.barycentrics[2 * p + 1];
    const t = 3 * raster.triangle[p];
    if (wig && over && hairShading && over.triangle[p] >= 0 && (t < 0 || over.depth[p] < raster.depth[p])) {
      const h = 3 * over.triangle[p];
      const ha = over.barycentrics[2 * p];
      const hb = over.barycentrics[2 * p + 1];
      if (opacity(wig, hairUvs, h, ha, hb) > 100) {
        const at = (k: number) => Math.abs(hairShading[hairMesh[h + k]]);
        const s = ha * at(0) + hb * at(1) + (1 - ha - hb) * at(2);
        for (let c = 0; c < 3; c++) sums[out + c] += hairColour[c] * s;
        continue;
      }
    }
    if (t < 0) {
      const far = (x + y) / (width + height);
      for (let c = 0; c < 3; c++) sums[out + c] += (1 - far) * background[0][c] + far * background[1][c];
      continue;
    }
    const [i, j, k] = [triangles[t], triangles[t + 1], triangles[t + 2]];
    const s = Math.max(0, a * shading[i] + b * shading[j] + (1 - a - b) * shading[k]);
    for (let c = 0; c < 3; c++)
      sums[out + c] += s * (a * albedo[3 * i + c] + b * albedo[3 * j + c] + (1 - a - b) * albedo[3 * k + c]);
  }
  return { ...size, data: Uint8Array.from(sums, (x) => toSrgb(x / samples ** 2)) };
}

const twoTriangles = (quads: Uint32Array): Uint32Array =>
  Uint32Array.from(
    { length: (quads.length / 4) * 6 },
    (_, i) => quads[4 * Math.floor(i / 6) + [0, 1, 2, 0, 2, 3][i % 6]],
  );

/** Alpha of the hair's texture, 0 to 255. */
function opacity({ part, alpha }: Wig, uvs: Uint32Array, h: number, a: number, b: number): number {
  const { uvs: all } = part.mesh;
  const at = (axis: number) =>
    a * all[2 * uvs[h] + axis] + b * all[2 * uvs[h + 1] + axis] + (1 - a - b) * all[2 * uvs[h + 2] + axis];
  const x = Math.min(alpha.width - 1, Math.max(0, Math.floor(at(0) * alpha.width)));
  const y = Math.min(alpha.height - 1, Math.max(0, Math.floor((1 - at(1)) * alpha.height)));
  return alpha.data[y * alpha.width + x];
}

/** The surface of a head of the model's own topology. */
export const refine = (model: MorphableModel, cage: Float32Array): Float32Array =>
  synthesizeShape({ ...model, meanShape: cage }, [], []);

/** The true position of surface points in camera space. */
export const pointsOf = (model: MorphableModel, { cage, pose }: Truth, which: "landmarks68" | "landmarks468") =>
  transformToCamera(surfacePositions(model, refine(model, cage), model[which]), pose);
