import type { PortraitSample } from "@cameo/synth";
import {
  anglesFromQuaternion,
  CameoError,
  createPyramid,
  type Detector,
  type FaceEstimate,
  type FaceRegressor,
  type MorphableModel,
  project,
  type RgbImage,
  surfacePositions,
  synthesizeShape,
  transformToCamera,
} from "cameo";
import { landmarkErrors, pointsOf } from "./landmarks.ts";
import { photometricError } from "./photometric.ts";
import { angleErrors, facePointDistance, type PoseErrors, trueHeadOf } from "./synthetic.ts";

/** What face networks say of a synthetic portrait, against the truth. */
export interface FaceResult {
  /** Number of the subject in its set. */
  readonly index: number;
  readonly networks: Readonly<Record<string, FaceErrors>>;
}

export interface FaceErrors {
  /** Mean distance of the face's vertices after alignment, mm: {@link facePointDistance}. */
  readonly facePoints: number;
  readonly pose: PoseErrors;
  /** Of the model's 68 points, % of the outer eye distance. */
  readonly landmarks: number;
  /** {@link photometricError}; undefined where none of the face is seen. */
  readonly photometric: number | undefined;
}

/**
 * Shows face networks the largest face of a portrait, cut out by the landmarks that the detector finds, as the pipeline does.
 * @param model the default morphable model
 * @param networks by name
 * @throws CameoError `no-face` where the detector finds none
 */
export async function measureFaces(
  model: MorphableModel,
  detector: Detector,
  networks: ReadonlyMap<string, FaceRegressor>,
  portrait: PortraitSample,
): Promise<FaceResult> {
  const { size, image, truth } = portrait;
  const photo = { width: size, height: size, data: image };
  const [face] = await detector.detect(photo);
  if (!face) throw new CameoError("no-face", "No face was found.");
  const pyramid = createPyramid(photo);
  const results: Record<string, FaceErrors> = {};
  for (const [name, network] of networks)
    results[name] = faceErrors(model, photo, await network.regress(pyramid, face.landmarks68), portrait);
  return { index: truth.index, networks: results };
}

function faceErrors(
  model: MorphableModel,
  image: RgbImage,
  estimate: FaceEstimate,
  portrait: PortraitSample,
): FaceErrors {
  const { truth } = portrait;
  const { camera, pose, identity, expression } = estimate;
  const shape = synthesizeShape(model, identity, expression);
  const landmarks = project(transformToCamera(surfacePositions(model, shape, model.landmarks68), pose), camera);
  const reference = project(Float32Array.from(truth.landmarks68.points), truth.camera);
  return {
    facePoints: facePointDistance(
      model,
      shape,
      synthesizeShape(model, Float32Array.from(truth.identity), Float32Array.from(truth.expression)),
    ),
    pose: angleErrors(anglesFromQuaternion(pose.rotation), truth.angles),
    landmarks: landmarkErrors(pointsOf(landmarks), pointsOf(reference)).all,
    photometric: photometricError(model, { image, camera, pose, coefficients: estimate }, trueHeadOf(portrait).labels),
  };
}
