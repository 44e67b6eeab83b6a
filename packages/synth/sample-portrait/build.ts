import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Camera, focalFromFocal35, project, rasterize } from "cameo";
import sharp from "sharp";
import { paintBackdrop } from "./background.ts";
import { combHair } from "./comb.ts";
import { contactSheet } from "./contact-sheet.ts";
import { develop, encodeJpeg } from "./film.ts";
import { sampleLighting } from "./light.ts";
import { type Portrait, portraits } from "./people.ts";
import { takePicture } from "./render.ts";
import { assembleScene, type Material, type Pack, type Part, readPack, type Scene } from "./scene.ts";
import { createLitPart, type LitPart } from "./shade.ts";
import { findStrands } from "./strands.ts";
import { linearColour } from "./texture.ts";
import { receiveLight, spreadUnderSurface } from "./transfer.ts";

/** Mean free paths of red, green and blue light in skin, mm. */
const skinRadii = [1.6, 0.7, 0.35];

/** Renders a portrait and writes `<name>.jpg` and `<name>.truth.json`. */
async function build(pack: Pack, portrait: Portrait, folder: string, quality: number): Promise<void> {
  const scene = await assembleScene(pack, portrait);
  const { lighting, width, height } = portrait;
  const samples = sampleLighting(lighting, Math.round(24 * quality), Math.round(128 * quality), portrait.seed);
  const received = receiveLight(scene, lighting, samples);
  for (const part of scene.solids)
    if (part.material === "skin") spreadUnderSurface(part.surface, received.get(part)!.irradiance, skinRadii);

  const colours = new Map<Material, LitPart["colour"]>([
    ["skin", portrait.complexion],
    ["hair", linearColour(portrait.hairColour)],
    ["brow", linearColour(portrait.browColour)],
    ["lash", linearColour("#1c1512")],
    ["cloth", linearColour(portrait.cloth)],
  ]);
  const hair = scene.sheets.find((part) => part.material === "hair");
  const strands = hair ? findStrands(hair.texture) : null;
  const lit = (part: Part) =>
    createLitPart(
      part,
      received.get(part)!,
      colours.get(part.material) ?? [1, 1, 1],
      part.material === "hair" ? strands : null,
    );
  const f = focalFromFocal35(portrait.focal35, width, height);
  const camera: Camera = { fx: f, fy: f, cx: width / 2, cy: height / 2 };
  const eyes = [36, 39, 42, 45].map((i) => scene.landmarks[3 * i + 2]);
  const focus = eyes.reduce((a, b) => a + b) / eyes.length;
  const sheets = scene.sheets.map(lit);
  const solids = scene.solids.map(lit);
  const hairSheets = sheets.filter((part) => part.material === "hair");
  if (strands && portrait.comb.density > 0) solids.push(combHair(hairSheets, strands, portrait.comb, portrait.seed));
  const light = takePicture(
    solids,
    sheets,
    { lighting },
    lighting.lamps.map((_, l) => samples.filter((s) => s.source === l)),
    paintBackdrop(width, height, portrait.backdrop, portrait.seed),
    { width, height, camera, focus, aperture: portrait.aperture },
    Math.round(24 * quality),
  );
  const jpeg = await encodeJpeg(
    develop(light, width, height, portrait),
    width,
    height,
    portrait.exif ? portrait.focal35 : null,
  );
  writeFileSync(join(folder, `${portrait.name}.jpg`), jpeg);
  writeFileSync(join(folder, `${portrait.name}.depth.png`), await encodeDepth(scene, camera, width, height));
  const points = project(scene.landmarks, camera);
  const truth = {
    image: { width, height },
    camera: { ...camera, focal35: portrait.focal35 },
    pose: scene.pose,
    angles: portrait.head,
    landmarks68: Array.from({ length: 68 }, (_, i) => [round(points[2 * i]), round(points[2 * i + 1])]),
    landmarks68Camera: Array.from({ length: 68 }, (_, i) => [0, 1, 2].map((k) => round(scene.landmarks[3 * i + k]))),
  };
  writeFileSync(join(folder, `${portrait.name}.truth.json`), `${JSON.stringify(truth, null, 1)}\n`);
}

/**
 * Depth of the skin, eyes, teeth and tongue without hair and clothes, at half the picture's size: 16-bit grey, tenths of
 * a millimetre beyond 500 mm, 0 for nothing.
 */
function encodeDepth({ solids }: Scene, camera: Camera, width: number, height: number): Promise<Buffer> {
  const size = { width: width / 2, height: height / 2 };
  const half: Camera = { fx: camera.fx / 2, fy: camera.fy / 2, cx: camera.cx / 2, cy: camera.cy / 2 };
  const depth = new Uint16Array(size.width * size.height);
  for (const { material, surface } of solids) {
    if (material === "cloth") continue;
    const seen = rasterize(surface.positions, surface.triangles, half, size).depth;
    for (let i = 0; i < depth.length; i++) {
      const z = Math.round(10 * (seen[i] - 500));
      if (seen[i] > 0 && (depth[i] === 0 || z < depth[i])) depth[i] = z;
    }
  }
  return sharp(depth, { raw: { ...size, channels: 1 } })
    .toColourspace("grey16")
    .png({ compressionLevel: 9 })
    .toBuffer();
}

const round = (x: number) => Math.round(1000 * x) / 1000;

const { values, positionals } = parseArgs({
  options: {
    data: { type: "string" },
    output: { type: "string", short: "o", default: "examples" },
    sheet: { type: "string" },
    quality: { type: "string", default: "1" },
  },
  allowPositionals: true,
});
if (!values.data) throw new Error("build: give the MakeHuman pack with --data <folder>");
mkdirSync(values.output, { recursive: true });
const pack = readPack(values.data);
for (const portrait of portraits) {
  if (positionals.length > 0 && !positionals.includes(portrait.name)) continue;
  const start = performance.now();
  await build(pack, portrait, values.output, Number(values.quality));
  console.log(`${portrait.name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
if (values.sheet)
  writeFileSync(
    values.sheet,
    await contactSheet(
      values.output,
      portraits.map(({ name }) => name),
    ),
  );
