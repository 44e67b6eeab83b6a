import { anglesFromQuaternion, quaternion, type Vec3 } from "cameo";
import type { Assets } from "./assets.ts";
import { type BackgroundSpec, sampleBackground } from "./background/background.ts";
import { type FilmSpec, sampleFilm } from "./film/film.ts";
import { sampleBeard } from "./hair/beard.ts";
import { sampleHair } from "./hair/sample.ts";
import type { BeardSpec, HairSpec } from "./hair/spec.ts";
import type { LightingSpec } from "./light/lighting.ts";
import { sampleLighting } from "./light/sample-lighting.ts";
import { clamp, mix } from "./noise.ts";
import type { Rgb } from "./part.ts";
import { type Random, random } from "./random.ts";
import type { PortraitOptions } from "./sample.ts";
import { gazeAtCamera } from "./subject/head.ts";
import { sampleSubject } from "./subject/sample.ts";
import { sampleExpression } from "./subject/sample-expression.ts";
import type { ExpressionSpec, SubjectSpec } from "./subject/spec.ts";
import { type EdgeSpec, sampleEdge } from "./view/edge.ts";
import { rotationOf, sampleView, type ViewSpec } from "./view/view.ts";
import { sampleWear, type WearSpec } from "./wear/sample.ts";

/** Everything that decides one picture: plain data, so that a picture can also be described by hand. */
export interface PortraitSpec {
  readonly subject: SubjectSpec;
  readonly expression: ExpressionSpec;
  readonly hair: HairSpec;
  readonly beard: BeardSpec;
  readonly wear: WearSpec;
  readonly view: ViewSpec;
  readonly lighting: LightingSpec;
  readonly background: BackgroundSpec;
  readonly film: FilmSpec;
  /** Where the photo ends inside the picture; null if nowhere. */
  readonly edge: EdgeSpec | null;
}

/** Light as it is in the open. */
const outdoors: ReadonlySet<string> = new Set(["overcast", "shade", "sun", "backlight", "sunset"]);

/** Share of crops that reach beyond the photo: the wider, the more. */
const edgeShare = { face: 0.12, head: 0.35, parse: 0.55 } as const;

/** Draws portrait `index` of the set `seed`. */
export function samplePortrait(
  assets: Assets,
  seed: number,
  index: number,
  framing: PortraitOptions["framing"],
  styles: PortraitOptions["styles"] = "training",
): PortraitSpec {
  const source = (purpose: string) => random(seed, "portrait", index, purpose);
  const drawn = sampleSubject(source("subject"), assets);
  const { person } = drawn;
  const hair = sampleHair(source("hair"), person, styles);
  const subject = { ...drawn, brows: { ...drawn.brows, colour: browColour(drawn, hair) } };
  const view = sampleView(source("view"), framing);
  const expression = sampleExpression(source("expression"));
  const wear = sampleWear(source("wear"), person);
  const lighting = sampleLighting(source("light"));
  return {
    subject,
    hair,
    beard: sampleBeard(source("beard"), person, hair),
    wear: dressed(source("cloth"), wear, subject, hair),
    view,
    expression: { ...expression, gaze: lookAround(source("gaze"), view, expression.gaze) },
    lighting,
    background: likeHair(
      source("contrast"),
      sampleBackground(source("background"), {
        outdoors: outdoors.has(lighting.scene),
        flash: lighting.scene === "flash",
      }),
      hair,
    ),
    film: sampleFilm(source("film")),
    edge: framing === "photo" ? null : sampleEdge(source("edge"), edgeShare[framing]),
  };
}

/** How often clothes, and what is behind the head, have the colour of the hair: there its border is hardest to see. */
const likeHairShare = { cloth: 0.2, background: 0.15 } as const;

/** Hands are the subject's own. */
function dressed(source: Random, wear: WearSpec, { skin }: SubjectSpec, hair: HairSpec): WearSpec {
  const occluder = wear.occluder && { ...wear.occluder, skin: skin.tone };
  if (!source.chance(likeHairShare.cloth)) return { ...wear, occluder };
  const near = <F extends WearSpec["fabric"]>(fabric: F): F => ({
    ...fabric,
    colours: [
      shadeOf(source, hair),
      fabric.pattern === "plain" ? fabric.colours[1] : shadeOf(source, hair),
      fabric.colours[2],
    ],
  });
  return {
    ...wear,
    occluder,
    fabric: near(wear.fabric),
    jacket: wear.jacket && { ...wear.jacket, fabric: near(wear.jacket.fabric) },
  };
}

function likeHair(source: Random, background: BackgroundSpec, hair: HairSpec): BackgroundSpec {
  if (!source.chance(likeHairShare.background)) return background;
  const [scene, ...rest] = background.layers;
  if (scene.kind === "shadow") return background;
  const palette = scene.palette.map((colour): Rgb => {
    const near = shadeOf(source, hair);
    const share = source.range(0.5, 1);
    return [mix(colour[0], near[0], share), mix(colour[1], near[1], share), mix(colour[2], near[2], share)];
  });
  return { ...background, layers: [{ ...scene, palette }, ...rest] };
}

/** The colour of the hair, lighter or darker. */
function shadeOf(source: Random, { colour: { base } }: HairSpec): Rgb {
  const factor = 2 ** (0.7 * source.normal());
  const tone = (value: number) => clamp(factor * value, 0.005, 0.85);
  return [tone(base[0]), tone(base[1]), tone(base[2])];
}

/** Brows go with natural hair; under dyed hair they keep their own colour. */
function browColour({ brows }: SubjectSpec, { colour: { name, base } }: HairSpec): SubjectSpec["brows"]["colour"] {
  if (name.startsWith("dyed")) return brows.colour;
  return [0.6 * base[0], 0.6 * base[1], 0.6 * base[2]];
}

/** Most people look into the camera, others near it or elsewhere. */
function lookAround(source: Random, { head }: ViewSpec, [across, up]: ExpressionSpec["gaze"]): ExpressionSpec["gaze"] {
  if (source.chance(0.3)) return [across, up];
  const near = source.chance(0.7) ? 0.15 : 0.7;
  const [toCamera, upToCamera] = gazeAtCamera(head);
  return [clamp(near * across + toCamera, -26, 26), clamp(near * up + upToCamera, -16, 16)];
}

/**
 * The next picture of a sequence: the head turned by an angle between the two given (degrees), mostly about its upright axis,
 * the face and the light a little different, all else as before.
 */
export function sampleNext(spec: PortraitSpec, rotation: PortraitOptions["rotation"], source: Random): PortraitSpec {
  const { view, expression, lighting } = spec;
  const axis: Vec3 = [0.35 * source.normal(), 1, 0.25 * source.normal()];
  const angle = (source.range(...rotation) * Math.PI) / 180;
  // Towards the front where the head is turned far already.
  const sign = Math.abs(view.head.yaw) > 30 ? -Math.sign(view.head.yaw) : source.chance(0.5) ? 1 : -1;
  const turned = anglesFromQuaternion(
    quaternion.multiply(quaternion.fromAxisAngle(axis, sign * angle), rotationOf(view.head)),
  );
  const degrees = 180 / Math.PI;
  const head = { yaw: turned.yaw * degrees, pitch: turned.pitch * degrees, roll: turned.roll * degrees };
  const nudge = () => 0.004 * source.normal();
  const dim = () => Math.exp(0.04 * source.normal());
  const changed = (weights: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(weights).map(([name, w]) => [name, Math.max(0, Math.min(1.2, w + 0.06 * source.normal()))]),
    );
  return {
    ...spec,
    view: {
      ...view,
      head,
      axis: [view.axis[0] + nudge(), view.axis[1] + nudge()],
    },
    expression: { ...expression, named: changed(expression.named) },
    lighting: {
      ...lighting,
      lamps: lighting.lamps.map((lamp) => {
        const share = dim();
        return { ...lamp, colour: [share * lamp.colour[0], share * lamp.colour[1], share * lamp.colour[2]] };
      }),
    },
    film: { ...spec.film, exposure: spec.film.exposure + 0.03 * source.normal(), seed: source.integer(2 ** 31) },
  };
}
