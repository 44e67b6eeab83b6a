import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { paintBackdrop } from "./background.ts";
import { type Camera, focalFromFocal35, project } from "./cameo.ts";
import { develop, encodeJpeg } from "./film.ts";
import { sampleLighting } from "./light.ts";
import { type Portrait, portraits } from "./people.ts";
import { takePicture } from "./render.ts";
import { assembleScene, type Pack, type Part, readPack } from "./scene.ts";
import { createLitPart } from "./shade.ts";
import { findStrands } from "./strands.ts";
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

  const colours = { hair: portrait.hairColour, brow: portrait.browColour, lash: "#1c1512", cloth: portrait.cloth };
  const hair = scene.sheets.find((part) => part.material === "hair");
  const strands = hair ? findStrands(hair.texture) : null;
  const lit = (part: Part) =>
    createLitPart(
      part,
      received.get(part)!,
      colours[part.material as keyof typeof colours] ?? "#ffffff",
      part.material === "hair" ? strands : null,
    );
  const f = focalFromFocal35(portrait.focal35, width, height);
  const camera: Camera = { fx: f, fy: f, cx: width / 2, cy: height / 2 };
  const eyes = [36, 39, 42, 45].map((i) => scene.landmarks[3 * i + 2]);
  const focus = eyes.reduce((a, b) => a + b) / eyes.length;
  const light = takePicture(
    scene.solids.map(lit),
    scene.sheets.map(lit),
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

const round = (x: number) => Math.round(1000 * x) / 1000;

const { values, positionals } = parseArgs({
  options: {
    data: { type: "string" },
    output: { type: "string", short: "o", default: "examples" },
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
