import { CameoError } from "./errors.ts";
import { toGlb } from "./export/glb.ts";
import { toObj } from "./export/obj.ts";
import { toPly } from "./export/ply.ts";
import type { TexturedMesh } from "./export/textured-mesh.ts";
import { type Camera, cropCamera } from "./geometry/camera.ts";
import { type Angles, anglesFromQuaternion, type Pose, transformToCamera } from "./geometry/pose.ts";
import { type DepthMap, Label, type LabelMap, type RgbaImage, type RgbImage } from "./image.ts";
import type { Platform } from "./platform.ts";
import { drawPreview } from "./preview.ts";
import { createRaster } from "./raster/raster.ts";
import { rasterize } from "./raster/rasterize.ts";
import { createTexture, type Texture } from "./raster/texture.ts";
import type { HeadExpressions } from "./stages/head/expressions.ts";
import { type PhotoLabels, spreadLabels } from "./stages/parse/labels.ts";
import { blendExpressions, expressionNames, type NamedExpressions } from "./stages/pose/expression.ts";
import { turned } from "./stages/pose/render.ts";
import { createScene, renderScene, type Scene } from "./stages/pose/turn.ts";
import type { CameraSource, Stage } from "./stages/stages.ts";

/** The coefficients of the morphable model, each in standard deviations, and of the light. */
export interface Coefficients {
  readonly identity: Float32Array;
  readonly expression: Float32Array;
  readonly texture: Float32Array;
  readonly illumination: Float32Array;
}

/** All that a reconstruction found. */
export type HeadParts = Pick<
  Head,
  | "image"
  | "camera"
  | "cameraSource"
  | "pose"
  | "coefficients"
  | "landmarks"
  | "mesh"
  | "box"
  | "timings"
  | "models"
  | "prior"
  | "fitted"
  | "notes"
> & {
  /** What a parsing network saw in the photo; undefined where the head model stood in for one. */
  readonly labels?: PhotoLabels;
  readonly expressions: HeadExpressions;
};

export interface RenderOptions {
  /** A pose of its own; the photo's unless given. */
  readonly pose?: Pose;
  /** Turned on from there about the head centre, radians, in the viewer's axes. */
  readonly angles?: Partial<Angles>;
  /** Longer side of the picture; that of the photo unless given. */
  readonly size?: number;
  /**
   * Another expression. By names: added to the photo's, 1 = full strength; {@link Head.expressionNames} lists them.
   * As coefficients β of the model, in standard deviations: in place of the photo's.
   */
  readonly expression?: NamedExpressions | Float32Array;
  /** `photo` (default): over what the photo shows beside the head. `none`: the head alone, the rest transparent. */
  readonly background?: "photo" | "none";
  /** What the head hid in the photo and does not now: `filled` from its surroundings (default), or `transparent`. */
  readonly holes?: "filled" | "transparent";
}

/** Largest side of a rendered picture, pixels. */
const MAX_RENDER_SIZE = 16384;
/** Rows of pixels are rasterised in strips of about this many pixels, so that memory does not grow with the photo. */
const STRIP_PIXELS = 2 ** 21;

/** A reconstructed head. */
export class Head {
  /** The photo, upright. */
  readonly image: RgbImage;
  /** In photo pixels. */
  readonly camera: Camera;
  readonly cameraSource: CameraSource;
  readonly pose: Pose;
  readonly coefficients: Coefficients;
  /** The 68 landmarks of the reconstructed mesh: x, y in photo pixels, pixel centres at +0.5. */
  readonly landmarks: Float32Array;
  /** Model space, mm, neutral pose, the photo's expression. `morphTargets` is empty here: {@link toGLB} adds them. */
  readonly mesh: TexturedMesh;
  /** Where the face was detected, photo pixels. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Milliseconds. */
  readonly timings: Readonly<Record<Stage, number>>;
  /** The models it was made with. */
  readonly models: readonly { readonly name: string; readonly sha256: string }[];
  /** True for the stages that had the model prior in place of a network. */
  readonly prior: { readonly face: boolean; readonly parse: boolean; readonly depth: boolean };
  /** Whether the face was fitted to the dense landmarks; else it is as the face network has it. */
  readonly fitted: boolean;
  /** Sentences the user should know. */
  readonly notes: readonly string[];
  readonly #labels: HeadParts["labels"];
  readonly #expressions: HeadExpressions;
  readonly #platform: Platform;
  #texture: Texture | undefined;
  #scene: { readonly size: number | undefined; readonly background: string; readonly scene: Scene } | undefined;

  constructor(parts: HeadParts, platform: Platform) {
    this.image = parts.image;
    this.camera = parts.camera;
    this.cameraSource = parts.cameraSource;
    this.pose = parts.pose;
    this.coefficients = parts.coefficients;
    this.landmarks = parts.landmarks;
    this.mesh = parts.mesh;
    this.box = parts.box;
    this.timings = parts.timings;
    this.models = parts.models;
    this.prior = parts.prior;
    this.fitted = parts.fitted;
    this.notes = parts.notes;
    this.#labels = parts.labels;
    this.#expressions = parts.expressions;
    this.#platform = platform;
  }

  /** Radians. */
  get angles(): Angles {
    return anglesFromQuaternion(this.pose.rotation);
  }

  /** Camera-space depth of the head at the photo's resolution. The neck counts as background. */
  depthMap(): DepthMap {
    const { width, height } = this.image;
    const data = new Float32Array(width * height);
    this.#scan((pixel, label, depth) => {
      if (label !== Label.background) data[pixel] = depth;
    });
    return { width, height, data };
  }

  /** Labels at the photo's resolution: what the parsing network saw there, else (`prior.parse`) what the mesh covers. */
  labelMap(): LabelMap {
    const { width, height } = this.image;
    if (this.#labels) return spreadLabels(this.#labels, width, height);
    const data = new Uint8Array(width * height);
    this.#scan((pixel, label) => {
      data[pixel] = label;
    });
    return { width, height, data };
  }

  /**
   * The head in a new pose and expression, over its photo (paper section 5.1). The background and the trunk stay as they
   * are; the neck follows. The first view of a size takes longer than the next ones of the same size.
   * @throws {@link CameoError} `option` where a size, angle or expression cannot be used
   */
  render({
    pose = this.pose,
    angles = {},
    expression,
    size,
    background = "photo",
    holes = "filled",
  }: RenderOptions = {}): RgbaImage {
    if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= MAX_RENDER_SIZE))
      throw new CameoError("option", `The size must be a whole number from 1 to ${MAX_RENDER_SIZE}, not ${size}.`);
    for (const [name, angle] of Object.entries(angles))
      if (!Number.isFinite(angle)) throw new CameoError("option", `The angle ${name} must be a number, not ${angle}.`);
    const offsets = this.#offsets(expression);
    return renderScene(this.#sceneOf(size, background), { pose: turned(pose, angles), offsets }, holes);
  }

  /** The names that {@link render} knows expressions by. */
  expressionNames(): string[] {
    return expressionNames(this.#expressions.named());
  }

  /** The last scene that was rendered is kept: sweeps and videos use one only. */
  #sceneOf(size: number | undefined, background: "photo" | "none"): Scene {
    const last = this.#scene;
    if (last && last.size === size && last.background === background) return last.scene;
    const scene = createScene(this, this.texture, { size, background, labels: this.#labels });
    this.#scene = { size, background, scene };
    return scene;
  }

  /** What an expression does to the mesh. */
  #offsets(expression: RenderOptions["expression"]): Float32Array | undefined {
    if (!expression) return undefined;
    if (!(expression instanceof Float32Array)) return blendExpressions(this.#expressions.named(), expression);
    const { length } = this.coefficients.expression;
    if (expression.length !== length || !expression.every(Number.isFinite))
      throw new CameoError("option", `An expression has ${length} finite coefficients, not ${expression.length}.`);
    return this.#expressions.changeTo(expression);
  }

  /** Photo, mesh overlay, depth and three turned views, side by side. */
  preview(): RgbImage {
    return drawPreview(this, this.texture);
  }

  /** The texture with its smaller copies, made when first needed. */
  get texture(): Texture {
    this.#texture ??= createTexture(this.mesh.texture);
    return this.#texture;
  }

  /** A binary glTF file: metres, one mesh, the texture embedded, named expressions as morph targets. */
  async toGLB(): Promise<Uint8Array> {
    const bytes = await this.#platform.encodeImage(this.mesh.texture, { format: "jpeg" });
    const { camera, pose, coefficients } = this;
    return toGlb(
      { ...this.mesh, morphTargets: this.#expressions.named() },
      // Expressions keep the normals: turning them too would double the file for a difference one hardly sees.
      { texture: { bytes, mimeType: "image/jpeg" }, morphNormals: false, extras: { camera, pose, coefficients } },
    );
  }

  /** A Wavefront OBJ file with its material library and texture, by file name. */
  async toOBJ(name: string): Promise<Record<string, Uint8Array>> {
    // Not NAME.jpg: that is likely the photo itself.
    const [materialFile, textureFile] = [`${name}.mtl`, `${name}.texture.jpg`];
    const { obj, mtl } = toObj(this.mesh, { materialFile, textureFile });
    const texture = await this.#platform.encodeImage(this.mesh.texture, { format: "jpeg" });
    return { [`${name}.obj`]: obj, [materialFile]: mtl, [textureFile]: texture };
  }

  /** A binary PLY file with a colour and a label per vertex. */
  toPLY(): Uint8Array {
    return toPly(this.mesh);
  }

  /** Calls back for every photo pixel that shows the mesh. */
  #scan(visit: (pixel: number, label: number, depth: number) => void): void {
    const { width, height } = this.image;
    const { triangles, labels } = this.mesh;
    const positions = transformToCamera(this.mesh.positions, this.pose);
    const rows = Math.min(height, Math.max(1, Math.floor(STRIP_PIXELS / width)));
    const raster = createRaster(width, rows);
    for (let top = 0; top < height; top += rows) {
      rasterize(positions, triangles, cropCamera(this.camera, 0, top, 1), { width, height: rows }, raster);
      const end = Math.min(rows, height - top) * width;
      for (let i = 0; i < end; i++) {
        const t = raster.triangle[i];
        if (t >= 0) visit(top * width + i, labels[triangles[3 * t]], raster.depth[i]);
      }
    }
  }
}
