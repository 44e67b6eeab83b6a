import type { PortraitSample } from "@cameo/synth";
import {
  type Angles,
  HEAD_CROP,
  type Head,
  Label,
  type MorphableModel,
  type Pose,
  type RgbImage,
  transformToCamera,
  type Vec3,
} from "cameo";
import type { CropDepths } from "./depth-stage.ts";
import type { HeadGeometry, TrueHead } from "./distances.ts";
import { drawClay, drawPhoto, drawTextured, frameOf, sheetOf, weld } from "./drawing.ts";
import { depthGeometry, reconstructedGeometry, surroundGeometry } from "./predictions.ts";
import { cropOf, pictureOf, type SecondViews } from "./second-view.ts";
import { trueHeadOf } from "./synthetic.ts";

const degrees = (yaw: number, pitch = 0): Partial<Angles> => ({
  yaw: (yaw * Math.PI) / 180,
  pitch: (pitch * Math.PI) / 180,
});

/** Views of the head, from that of the photo. */
const CLAY_VIEWS = [degrees(0), degrees(-60), degrees(60), degrees(0, -50), degrees(180)];
const TEXTURED_VIEWS = [degrees(-35), degrees(35)];
const SHAPE_VIEWS = [degrees(-50), degrees(50)];

/**
 * Portraits and their heads, like Figure 4 of the paper, a row each: photo, labels, clay as in the photo, from the left, from
 * the right, from above and from behind, textured from both sides.
 */
export function drawHeads(heads: readonly Head[]): RgbImage {
  const rows = heads.map((head) => {
    const surface = weld({ ...head.mesh, positions: transformToCamera(head.mesh.positions, head.pose) });
    const sight = {
      camera: head.camera,
      centre: head.pose.translation,
      frame: frameOf(reconstructedGeometry(head).surface, head.camera),
    };
    return [
      drawPhoto(head.image, sight.frame),
      drawPhoto(head.image, sight.frame, head.labelMap()),
      ...CLAY_VIEWS.map((angles) => drawClay(surface, sight, angles)),
      ...TEXTURED_VIEWS.map((angles) => drawTextured(head, sight, angles)),
    ];
  });
  return sheetOf(rows);
}

/** One way to the shape of a portrait's head. */
export interface Shape extends HeadGeometry {
  /** What it is turned about: camera space, mm. */
  readonly centre: Vec3;
}

/** The true shape of a portrait's head, the reconstructed one, and the heuristic about its face. */
export function shapesOf(model: MorphableModel, portrait: PortraitSample, head: Head): Shape[] {
  const centre = head.pose.translation;
  return [
    trueShape(trueHeadOf(portrait), portrait.truth.pose),
    { ...reconstructedGeometry(head), centre },
    { ...surroundGeometry(model, head, head.labelMap()), centre },
  ];
}

/** The true shape of what a crop shows, and those that were estimated. */
export const shapesOfCrop = ({ head, fitted, depths }: CropDepths): Shape[] => [
  trueShape(head, fitted.pose),
  ...[...depths.values()].map((depth) => ({ ...depth, centre: fitted.pose.translation })),
];

/** What is true may be drawn with gaps of so many pixel spacings closed, as hair is steep. */
const TRUE_EDGE = 24;

function trueShape({ camera, depth, labels }: TrueHead, { translation }: Pose): Shape {
  const data = depth.data.map((z, p) => (labels.data[p] === Label.background ? 0 : z));
  return { ...depthGeometry({ ...depth, data }, camera, TRUE_EDGE), centre: translation };
}

/** A portrait and shapes of its head. */
export interface Pictured {
  readonly image: RgbImage;
  readonly shapes: readonly Shape[];
}

/** Portraits and shapes of their heads, like Figure 2 of the paper: a row each, every shape from both sides. */
export function drawShapes(portraits: readonly Pictured[]): RgbImage {
  const rows = portraits.map(({ image, shapes }) => {
    const frame = frameOf(shapes[0].surface, shapes[0].camera);
    return [
      drawPhoto(image, frame),
      ...shapes.flatMap(({ camera, centre, surface }) =>
        SHAPE_VIEWS.map((angles) => drawClay(weld(surface), { camera, centre, frame }, angles)),
      ),
    ];
  });
  return sheetOf(rows);
}

/** Second views of pairs, like Figure 3 of the paper: a row each, the photo, what each method made of it, the truth. */
export const drawSecondViews = (pairs: readonly SecondViews[]): RgbImage =>
  sheetOf(
    pairs.map(({ pair, views }) => {
      const [scale, , x, , , y] = cropOf(pair);
      return [...views.values(), pictureOf(pair.second)].map((image) =>
        drawPhoto(image, { x, y, side: scale * HEAD_CROP }),
      );
    }),
  );
