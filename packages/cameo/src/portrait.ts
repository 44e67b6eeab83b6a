import { CameoError } from "./errors.ts";
import { cropCamera, focalFromFocal35, focalFromFov, project } from "./geometry/camera.ts";
import { rotateNormals, transformToCamera } from "./geometry/pose.ts";
import { Head, type RenderOptions } from "./head.ts";
import type { RgbaImage, RgbImage } from "./image.ts";
import type { ImageSource, Photo } from "./input/photo.ts";
import { vertexNormals } from "./mesh/normals.ts";
import { decodeMorphableModel } from "./morphable/file.ts";
import type { MorphableModel } from "./morphable/model.ts";
import { surfacePositions, synthesizeShape } from "./morphable/synthesize.ts";
import type { LoadOptions, NetworkName, Platform } from "./platform.ts";
import { rasterize } from "./raster/rasterize.ts";
import { createPyramid, type Pyramid } from "./resample.ts";
import { type ModelBundle, sha256 } from "./runtime/bundle.ts";
import { alignFace, alignHead, cameraOfCrop, headFrame } from "./stages/align/align.ts";
import { createDepthEstimator, DEPTH_MODEL, type DepthEstimator } from "./stages/depth/network.ts";
import { depthPrior } from "./stages/depth/prior.ts";
import { createDetector, DETECTOR_MODELS, type DetectedFace, type Detector } from "./stages/detect/detect.ts";
import { fitAppearance } from "./stages/face/appearance.ts";
import { type FaceFit, fitFace } from "./stages/face/fit.ts";
import { type LandmarkBasis, landmarkBasis } from "./stages/face/landmark-basis.ts";
import { createFaceRegressor, FACE_MODEL, type FaceEstimate, type FaceRegressor } from "./stages/face/network.ts";
import { buildHead } from "./stages/head/build.ts";
import { headExpressions } from "./stages/head/expressions.ts";
import { refineCropLabels } from "./stages/head/layers.ts";
import { type HeadTemplate, headTemplate } from "./stages/head/template.ts";
import { type PhotoLabels, sampleLabels } from "./stages/parse/labels.ts";
import { createParser, PARSE_MODEL, type Parser } from "./stages/parse/network.ts";
import { parsePrior } from "./stages/parse/prior.ts";
import { type Performance, performanceOf, type TransferOptions, transferred } from "./stages/pose/transfer.ts";
import { createRefiner, REFINE_MODEL, type Refiner } from "./stages/refine/network.ts";
import { type CameraSource, STAGES, type Stage } from "./stages/stages.ts";
import { type TransferredFrame, transferFrames, type VideoTransferOptions } from "./transfer.ts";

/** Name of the morphable model in the bundle. */
const MORPHABLE_MODEL = "head";

export interface ReconstructOptions {
  /** Which face: the largest (default), or its place in the order of size, from 0. */
  readonly face?: "largest" | number;
  /** Horizontal field of view of the photo, degrees, where it is known. */
  readonly fov?: number;
  /** 35 mm equivalent of the focal length, mm, where it is known. Counts before the photo's EXIF data, after `fov`. */
  readonly focal35?: number;
  /**
   * Where the face's coefficients come from: the face network, or the landmarks alone. Default: the network where there is
   * one.
   */
  readonly coefficients?: "network" | "landmarks";
  /**
   * Whether what the face network says is then fitted to the dense landmarks. Default true; without, face, pose and light are
   * the network's, as in the paper.
   */
  readonly fit?: boolean;
  /**
   * Where the labels of hair, face and ears come from: the parsing network, or the fitted head model. Default: the network
   * where there is one.
   */
  readonly parse?: "network" | "model";
  /**
   * Where the depth of hair and ears comes from: the depth network, or the fitted head model. Default: the network where there
   * is one.
   */
  readonly depth?: "network" | "model";
  /** Only what the photo shows (the paper's surface: no back of the head, no neck). Default: a whole head, closed. */
  readonly open?: boolean;
  readonly signal?: AbortSignal;
  /** Called when a stage begins, and once more when all are done. */
  readonly onProgress?: (progress: { readonly stage: Stage; readonly done: number; readonly total: number }) => void;
}

/** A face in one frame of many: what it does, and what to know it by in the next. */
export interface ObservedFace extends Performance {
  /** α, in standard deviations. */
  readonly identity: Float32Array;
  /** Focal length of the picture, pixels. */
  readonly focal: number;
  /** Of the picture, pixels. */
  readonly size: { readonly width: number; readonly height: number };
  readonly box: DetectedFace["box"];
}

/** How far the face network's coefficients are off, in standard deviations of the model. */
const NETWORK_DEVIATION = 0.6;
/** And how far the turn of the head, radians about each axis. */
const NETWORK_TURN_DEVIATION = 0.03;

/** Smallest face, in pixels between the outer corners of the eyes, that can be reconstructed. */
export const MIN_EYE_DISTANCE = 16;

/** Single-photo 3D portraits: loads the models once, then reconstructs any number of photos. */
export class Cameo {
  readonly #platform: Platform;
  readonly #model: MorphableModel;
  readonly #landmarks: LandmarkBasis;
  readonly #template: HeadTemplate;
  readonly #detector: Detector;
  readonly #regressor: FaceRegressor | undefined;
  readonly #parser: Parser | undefined;
  readonly #depth: DepthEstimator | undefined;
  readonly #refiner: Refiner | undefined;
  readonly #models: readonly ModelId[];
  #disposed = false;

  private constructor(platform: Platform, { model, detector, regressor, parser, depth, refiner, models }: Loaded) {
    this.#platform = platform;
    this.#model = model;
    this.#landmarks = landmarkBasis(model);
    this.#template = headTemplate(model);
    this.#detector = detector;
    this.#regressor = regressor;
    this.#parser = parser;
    this.#depth = depth;
    this.#refiner = refiner;
    this.#models = models;
  }

  /**
   * Loads what every reconstruction needs.
   * @throws {@link CameoError} `models` where a model is missing or damaged
   */
  static async loadOn(platform: Platform, options: LoadOptions = {}): Promise<Cameo> {
    try {
      const bundle = await platform.openBundle(options);
      const model = await decodeMorphableModel(await bundle.read(MORPHABLE_MODEL));
      const createSession = platform.createSession(options);
      const detector = await createDetector(bundle, createSession);
      const used = [MORPHABLE_MODEL, ...DETECTOR_MODELS];
      const models = bundle.models
        .filter(({ name }) => used.includes(name))
        .map(({ name, sha256 }) => ({ name, sha256 }));
      const face = await findNetwork(bundle, FACE_MODEL, options);
      const parse = await findNetwork(bundle, PARSE_MODEL, options);
      const depth = await findNetwork(bundle, DEPTH_MODEL, options);
      const refine = await findNetwork(bundle, REFINE_MODEL, options);
      return new Cameo(platform, {
        model,
        detector,
        regressor: face && (await createFaceRegressor(face.bytes, model, createSession)),
        parser: parse && (await createParser(parse.bytes, createSession)),
        depth: depth && (await createDepthEstimator(depth.bytes, createSession)),
        refiner: refine && (await createRefiner(refine.bytes, createSession)),
        models: [...models, ...[face, parse, depth].flatMap((network) => network?.id ?? [])],
      });
    } catch (cause) {
      throw new CameoError("models", (cause as Error).message, { cause });
    }
  }

  /** The head of one face of a photo: the largest, unless the options say which. */
  async reconstruct(source: ImageSource, options: ReconstructOptions = {}): Promise<Head> {
    const { face = "largest", ...rest } = options;
    if (face !== "largest" && !(Number.isInteger(face) && face >= 0))
      throw new CameoError("option", `The face must be "largest" or a whole number from 0, not ${face}.`);
    const run = new Run(rest);
    const { photo, faces } = await this.#find(source, run, face !== "largest");
    const index = face === "largest" ? 0 : face;
    if (index >= faces.length)
      throw new CameoError(
        "no-such-face",
        `There is no face ${index}: the picture shows ${faces.length}, numbered from 0 by size.`,
      );
    return this.#build(photo, faces[index], run);
  }

  /** The heads of all faces of a photo, largest first; those too small to reconstruct are left out and noted. */
  async reconstructAll(source: ImageSource, options: Omit<ReconstructOptions, "face"> = {}): Promise<Head[]> {
    const run = new Run(options);
    const { photo, faces } = await this.#find(source, run, true);
    const large = faces.filter((face) => eyeDistance(face) >= MIN_EYE_DISTANCE);
    if (large.length === 0) throw tooSmall(faces[0]);
    const left = faces.length - large.length;
    const notes =
      left > 0 ? [...photo.notes, `${left} face${left > 1 ? "s are" : " is"} too small and left out.`] : photo.notes;
    const heads: Head[] = [];
    for (const face of large) heads.push(await this.#build({ ...photo, notes }, face, run));
    return heads;
  }

  /**
   * Pose and expression of the driver's face on the target's head (paper supplement, Figure S7), over the target's photo.
   * @param driver a photo of anyone, or a head
   * @param target whom the picture shows: a photo, or a head, which saves reconstructing it
   */
  async transfer(
    driver: ImageSource | Head,
    target: ImageSource | Head,
    { pose, expression, size, ...options }: TransferOptions & { size?: number } & ReconstructOptions = {},
  ): Promise<RgbaImage> {
    const head = target instanceof Head ? target : await this.reconstruct(target, options);
    const { coefficients, fit, signal } = options;
    const performance =
      driver instanceof Head
        ? performanceOf(driver.pose, driver.coefficients.expression)
        : await this.observe(driver, { coefficients, fit, signal });
    const own = { pose: head.pose, expression: head.coefficients.expression };
    return this.refine(head, { ...transferred(performance, own, { pose, expression }), size });
  }

  /**
   * A picture of the target for each frame of a driver: frame by frame, as they are asked for. The driver is the largest face
   * of the first frame that shows one, and from then on the face that continues it. In frames without it, it is held.
   * @param frames of a video, in order, upright
   */
  transferVideo(
    frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
    target: Head,
    options: VideoTransferOptions & Pick<ReconstructOptions, "coefficients" | "fit"> = {},
  ): AsyncGenerator<TransferredFrame> {
    const { coefficients, fit, signal } = options;
    const track = async (frame: RgbImage, last: ObservedFace | undefined): Promise<ObservedFace | undefined> => {
      try {
        return await this.observe(frame, { coefficients, fit, signal, last });
      } catch (error) {
        if (error instanceof CameoError && (error.code === "no-face" || error.code === "face-too-small"))
          return undefined;
        throw error;
      }
    };
    return transferFrames(frames, track, target, (view) => this.refine(target, view), options);
  }

  /**
   * What a face does, without its head: much quicker than {@link reconstruct}.
   * @param options.last the same face in the frame before: of several faces the one at its place counts
   */
  async observe(
    source: ImageSource,
    { last, face = "largest", ...options }: ReconstructOptions & { readonly last?: ObservedFace } = {},
  ): Promise<ObservedFace> {
    const run = new Run(options);
    const { photo, faces } = await this.#find(source, run, face !== "largest");
    const found = last ? continuing(faces, last.box) : faces[face === "largest" ? 0 : face];
    if (!found) throw new CameoError("no-face", "The face is not in the picture.");
    if (eyeDistance(found) < MIN_EYE_DISTANCE) throw tooSmall(found);
    const { image } = photo;
    const sameSize = last && last.size.width === image.width && last.size.height === image.height;
    const focal = sameSize ? last.focal : knownFocal(options, photo.focal35, image).focal;
    const fit = await run.stage("face", () => this.#fit(createPyramid(image), found, focal, options, last?.identity));
    return {
      ...performanceOf(fit.pose, fit.expression),
      // The first sight of a face says who it is: what changes from frame to frame is its expression.
      identity: last?.identity ?? fit.identity,
      focal: fit.camera.fx,
      size: { width: image.width, height: image.height },
      box: found.box,
    };
  }

  /**
   * A head in a new pose and expression over its photo, as {@link Head.render} shows it; but what the photo does not know is
   * made by the refinement network (paper section 5.2), where the model bundle has one.
   */
  async refine(head: Head, options: Omit<RenderOptions, "background" | "holes"> = {}): Promise<RgbaImage> {
    if (!this.#refiner) return head.render(options);
    const coarse = head.render({ ...options, holes: "transparent" });
    const view = cropCamera(head.camera, 0, 0, coarse.width / head.image.width);
    // Holes are where the head was.
    return this.#refiner.refine(coarse, headFrame(view, head.pose));
  }

  /** Releases the networks. Reconstructions cannot be made afterwards; heads made before stay good. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const networks = [this.#detector, this.#regressor, this.#parser, this.#depth, this.#refiner];
    await Promise.all(networks.map((network) => network?.dispose()));
  }

  /** @param all whether faces much smaller than the largest matter */
  async #find(source: ImageSource, run: Run, all: boolean): Promise<{ photo: Photo; faces: DetectedFace[] }> {
    if (this.#disposed) throw new CameoError("disposed", "This Cameo was disposed of; load another one.");
    run.check();
    const photo = await run.stage("decode", () => this.#platform.decodeImage(source, { signal: run.signal }));
    const faces = await run.stage("detect", () =>
      this.#detector.detect(photo.image, { signal: run.signal, thorough: all }),
    );
    if (faces.length === 0)
      throw new CameoError("no-face", "No face was found in the picture; use one in which a face is seen clearly.");
    return { photo, faces };
  }

  /** The face network that the options ask for; undefined where the landmarks are to say all. */
  #regressorFor({ coefficients, fit }: Pick<ReconstructOptions, "coefficients" | "fit">): FaceRegressor | undefined {
    if (coefficients === "landmarks" && fit === false)
      throw new CameoError("option", "Coefficients that come from landmarks are fitted to them.");
    const way = coefficients ?? (fit === false ? "network" : undefined);
    return networkFor("coefficients", way, "landmarks", this.#regressor, "face");
  }

  /**
   * Paper section 4.1: pose, shape and expression of a face.
   * @param known identity of the face, where it was seen before
   */
  async #fit(
    photo: Pyramid,
    { landmarks68, landmarks468 }: DetectedFace,
    focal: number | undefined,
    options: Pick<ReconstructOptions, "coefficients" | "fit">,
    known?: Float32Array,
  ): Promise<Pick<FaceFit, "camera" | "pose" | "identity" | "expression"> & { estimate: FaceEstimate | undefined }> {
    const estimate = await this.#regressorFor(options)?.regress(photo, landmarks68, focal);
    if (estimate && options.fit === false) return { estimate, ...estimate };
    const { expression } = estimate ?? { expression: new Float32Array(this.#model.expression.count) };
    const identity = known ?? estimate?.identity;
    const expected = identity && {
      identity,
      expression,
      deviation: estimate ? NETWORK_DEVIATION : 1,
      rotation: estimate?.pose.rotation,
      rotationDeviation: NETWORK_TURN_DEVIATION,
    };
    return { estimate, ...fitFace(this.#landmarks, planar(landmarks468), photo.image, { focal, expected }) };
  }

  /** Figure 1 of the paper, from aligned face to head mesh. */
  async #build({ image, focal35, notes }: Photo, face: DetectedFace, run: Run): Promise<Head> {
    if (eyeDistance(face) < MIN_EYE_DISTANCE) throw tooSmall(face);
    const model = this.#model;
    const { focal, cameraSource } = knownFocal(run.options, focal35, image);
    const { fit = true } = run.options;
    const regressor = this.#regressorFor(run.options);
    const parser = networkFor("parse", run.options.parse, "model", this.#parser, "parsing");
    const estimator = networkFor("depth", run.options.depth, "model", this.#depth, "depth");

    const pyramid = createPyramid(image);
    const faceCrop = await run.stage("align", () => alignFace(pyramid, face.landmarks68));
    const { estimate, camera, pose, identity, expression } = await run.stage("face", () =>
      this.#fit(pyramid, face, focal, run.options),
    );
    const shape = synthesizeShape(model, identity, expression);
    const posed = transformToCamera(shape, pose);
    const normals = vertexNormals(shape, model.triangles);

    const { texture, illumination } = await run.stage("appearance", () => {
      if (estimate && !fit) return estimate;
      const view = cameraOfCrop(camera, faceCrop);
      const raster = rasterize(posed, model.triangles, view, faceCrop.image);
      return fitAppearance(model, {
        image: faceCrop.image,
        camera: view,
        positions: posed,
        normals: rotateNormals(normals, pose),
        raster,
      });
    });

    // The second alignment, which centres the head now that the face is known.
    const headCrop = alignHead(pyramid, camera, pose);
    const headCamera = cameraOfCrop(camera, headCrop);
    const raster = rasterize(posed, model.triangles, headCamera, headCrop.image);
    const { found, labels } = await run.stage("parse", async () => {
      const found: PhotoLabels | undefined = await parser?.parse(pyramid, camera, pose);
      const labels = found
        ? sampleLabels(found, headCrop.toPhoto, headCrop.image.width, headCrop.image.height)
        : parsePrior(raster, this.#template.labels);
      return { found, labels };
    });
    const modelLabels = this.#template.labels;
    const depth = await run.stage(
      "depth",
      () =>
        estimator?.estimate({ image: headCrop.image, raster, labels, modelLabels, centre: pose.translation[2] }) ??
        depthPrior(raster, labels, modelLabels),
    );

    const head = await run.stage("head", () =>
      buildHead({
        template: this.#template,
        shape,
        pose,
        appearance: { texture, illumination },
        photo: { image, camera },
        crop: { image: headCrop.image, camera: headCamera },
        raster,
        labels,
        fineLabels: refineCropLabels(labels, found, headCrop.toPhoto),
        depth,
        open: run.options.open ?? false,
      }),
    );
    run.finish();

    const networks: Record<string, unknown> = {
      [FACE_MODEL]: regressor,
      [PARSE_MODEL]: parser,
      [DEPTH_MODEL]: estimator,
    };
    return new Head(
      {
        image,
        camera,
        cameraSource,
        pose,
        coefficients: { identity, expression, texture, illumination },
        landmarks: project(transformToCamera(surfacePositions(model, shape, model.landmarks68), pose), camera),
        mesh: head.mesh,
        labels: found,
        expressions: headExpressions(model, head, expression),
        box: face.box,
        timings: run.timings(),
        models: this.#models.filter(({ name }) => !(name in networks) || networks[name]),
        prior: { face: !regressor, parse: !parser, depth: !estimator },
        fitted: fit,
        notes,
      },
      this.#platform,
    );
  }
}

interface ModelId {
  readonly name: string;
  readonly sha256: string;
}

/** What reconstructions are made with. */
interface Loaded {
  readonly model: MorphableModel;
  readonly detector: Detector;
  readonly regressor: FaceRegressor | undefined;
  readonly parser: Parser | undefined;
  readonly depth: DepthEstimator | undefined;
  readonly refiner: Refiner | undefined;
  readonly models: readonly ModelId[];
}

/**
 * The network where an option asks for it, or says nothing; undefined where its stand-in is to do.
 * @param option name of the option
 * @param way its value
 * @param kind of network, for people
 * @throws {@link CameoError} `option` for another value; `models` if a network is asked for that the bundle does not have
 */
function networkFor<Network>(
  option: string,
  way: string | undefined,
  standIn: string,
  network: Network | undefined,
  kind: string,
): Network | undefined {
  if (way !== undefined && way !== "network" && way !== standIn)
    throw new CameoError("option", `The option "${option}" must be "network" or "${standIn}", not ${way}.`);
  if (way === "network" && !network) throw new CameoError("models", `The model bundle has no ${kind} network.`);
  return way === standIn ? undefined : network;
}

/** The network that was given, else the bundle's, which may have none. */
async function findNetwork(
  bundle: ModelBundle,
  name: NetworkName,
  { networks }: LoadOptions,
): Promise<{ readonly bytes: Uint8Array; readonly id: ModelId } | undefined> {
  const given = networks?.[name];
  if (given) return { bytes: given, id: { name, sha256: (await sha256(given)) ?? "" } };
  const entry = bundle.models.find((model) => model.name === name);
  return entry && { bytes: await bundle.read(name), id: { name, sha256: entry.sha256 } };
}

/** One call's options, timings and cancellation. */
class Run {
  readonly options: Omit<ReconstructOptions, "face">;
  readonly #times = new Map<Stage, number>();

  constructor(options: Omit<ReconstructOptions, "face">) {
    this.options = options;
  }

  get signal(): AbortSignal | undefined {
    return this.options.signal;
  }

  check(): void {
    if (this.signal?.aborted)
      throw new CameoError("aborted", "The reconstruction was stopped.", { cause: this.signal.reason });
  }

  async stage<T>(stage: Stage, work: () => T | Promise<T>): Promise<T> {
    this.check();
    this.options.onProgress?.({ stage, done: STAGES.indexOf(stage), total: STAGES.length });
    const start = performance.now();
    try {
      const result = await work();
      this.#times.set(stage, performance.now() - start);
      return result;
    } catch (error) {
      this.check();
      throw error;
    }
  }

  finish(): void {
    this.options.onProgress?.({ stage: "head", done: STAGES.length, total: STAGES.length });
  }

  timings(): Record<Stage, number> {
    return Object.fromEntries(STAGES.map((stage) => [stage, this.#times.get(stage) ?? 0])) as Record<Stage, number>;
  }
}

/** The focal length in pixels where anything states it, and what. */
function knownFocal(
  { fov, focal35 }: Omit<ReconstructOptions, "face">,
  exif: number | undefined,
  { width, height }: RgbImage,
): { focal: number | undefined; cameraSource: CameraSource } {
  if (fov !== undefined) {
    if (!(fov > 0 && fov < 180))
      throw new CameoError("option", `The field of view must be above 0 and below 180 degrees, not ${fov}.`);
    return { focal: focalFromFov((fov * Math.PI) / 180, width), cameraSource: "fov" };
  }
  if (focal35 !== undefined) {
    if (!(focal35 > 0 && focal35 < Infinity))
      throw new CameoError("option", `The focal length must be above 0 mm, not ${focal35}.`);
    return { focal: focalFromFocal35(focal35, width, height), cameraSource: "focal35" };
  }
  if (exif !== undefined) return { focal: focalFromFocal35(exif, width, height), cameraSource: "exif" };
  return { focal: undefined, cameraSource: "estimated" };
}

/** The face that has moved least from a place, if it still overlaps it. */
function continuing(faces: readonly DetectedFace[], { x, y, width, height }: DetectedFace["box"]) {
  const common = ({ box }: DetectedFace) =>
    Math.max(0, Math.min(x + width, box.x + box.width) - Math.max(x, box.x)) *
    Math.max(0, Math.min(y + height, box.y + box.height) - Math.max(y, box.y));
  const best = faces.reduce((a, b) => (common(b) > common(a) ? b : a));
  return common(best) > 0 ? best : undefined;
}

/** x, y of x, y, z triples. */
const planar = (points: Float32Array): Float32Array =>
  Float32Array.from({ length: (points.length / 3) * 2 }, (_, i) => points[3 * (i >> 1) + (i & 1)]);

/** Pixels between the outer corners of the eyes. */
const eyeDistance = ({ landmarks68: p }: DetectedFace): number => Math.hypot(p[90] - p[72], p[91] - p[73]);

const tooSmall = (face: DetectedFace): CameoError =>
  new CameoError(
    "face-too-small",
    `The face is too small: ${Math.round(face.box.width)} × ${Math.round(face.box.height)} pixels, with ${eyeDistance(face).toFixed(0)} of at least ${MIN_EYE_DISTANCE} pixels between the eyes; use a larger picture.`,
  );
