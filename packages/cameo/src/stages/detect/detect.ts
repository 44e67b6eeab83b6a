import type { RgbImage } from "../../image.ts";
import { createPyramid, type Pyramid } from "../../resample.ts";
import type { ModelBundle } from "../../runtime/bundle.ts";
import type { CreateSession, Session } from "../../runtime/runtime.ts";
import { type Candidate, findCandidates, withoutRepeats } from "./blazeface.ts";
import { type MeshResult, regionOfMesh, runFaceMesh } from "./facemesh.ts";
import { refineEyes } from "./iris.ts";
import { landmarks68Of } from "./landmarks68.ts";
import { overlap, type Region } from "./region.ts";
import { finestLevel, views } from "./search.ts";

/** A face in a photo. Positions are photo pixels, pixel centres at +0.5, origin top-left. */
export interface DetectedFace {
  /** Bounding box of the mesh: brow to chin, cheek to cheek. It may reach beyond the photo. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** How sure FaceMesh is that this is a face, 0 … 1. */
  readonly score: number;
  /** FaceMesh's points in its order: 468 × (x, y, z). z has the scale of x and y, grows away from the camera, and is relative. */
  readonly landmarks468: Float32Array;
  /** The usual 68 points, in the usual order: 68 × (x, y). */
  readonly landmarks68: Float32Array;
  /** Centre of the iris and four points on its border, 5 × (x, y), per eye. Left and right are those of an upright picture. */
  readonly irises: { readonly left: Float32Array; readonly right: Float32Array };
}

export interface DetectOptions {
  /** Look for small faces even where large ones were found. Slower. Default false. */
  readonly thorough?: boolean;
  readonly signal?: AbortSignal;
}

export const DETECT_DEFAULTS = { thorough: false } as const;

/** Finds faces; holds the networks it needs. */
export interface Detector {
  /** All faces found, largest first. */
  detect(image: RgbImage, options?: DetectOptions): Promise<DetectedFace[]>;
  dispose(): Promise<void>;
}

/** The models of the bundle that a detector needs. */
export const DETECTOR_MODELS = ["blazeface", "facemesh", "iris"] as const;

export async function createDetector(bundle: ModelBundle, createSession: CreateSession): Promise<Detector> {
  const [blazeface, facemesh, iris] = await Promise.all(
    DETECTOR_MODELS.map(async (name) => createSession(await bundle.read(name))),
  );
  const networks: Networks = { blazeface, facemesh, iris };
  return {
    detect: (image, options) => detectFaces(networks, image, options),
    dispose: async () => {
      await Promise.all([blazeface, facemesh, iris].map((session) => session.dispose()));
    },
  };
}

interface Networks {
  readonly blazeface: Session;
  readonly facemesh: Session;
  readonly iris: Session;
}

/** A face this small against the photo's longer side suggests that there are more, too small for the first look. */
const smallFace = 0.15;
/** FaceMesh is less sure than this of what is no face. */
const minimumScore = 0.5;
/** Meshes that overlap more than this show the same face. */
const sameFace = 0.3;
/** How often a mesh is fitted again to the region that it asked for itself. */
const refinements = 3;
/** A region that moves less than this, against its size, is settled. */
const settled = 0.03;

interface FoundFace {
  readonly region: Region;
  readonly mesh: MeshResult;
}

/** Turns of the photo tried in this order until a face is found; the detector itself knows faces tilted by about ±45°. */
const turns = [0, Math.PI / 2, -Math.PI / 2, Math.PI];

async function detectFaces(
  networks: Networks,
  image: RgbImage,
  { thorough = DETECT_DEFAULTS.thorough, signal }: DetectOptions = {},
): Promise<DetectedFace[]> {
  const pyramid = createPyramid(image);
  let found: FoundFace[] = [];
  for (const turn of turns) {
    for (let level = 0; level <= finestLevel(image); level++) {
      found = withoutDoubles([...found, ...(await searchLevel(networks, pyramid, level, turn, found, signal))]);
      const largest = Math.max(0, ...found.map(({ region }) => region.size));
      if (!thorough && largest > smallFace * Math.max(image.width, image.height)) break;
    }
    if (found.length > 0) break;
  }
  const faces: DetectedFace[] = [];
  for (const { mesh } of found.toSorted((p, q) => q.region.size - p.region.size)) {
    signal?.throwIfAborted();
    faces.push(await describe(networks, pyramid, mesh));
  }
  return faces;
}

/** Faces seen in the views of one level that are not among those known. */
async function searchLevel(
  networks: Networks,
  pyramid: Pyramid,
  level: number,
  turn: number,
  known: readonly FoundFace[],
  signal: AbortSignal | undefined,
): Promise<FoundFace[]> {
  const candidates: Candidate[] = [];
  for (const view of views(pyramid.image, level, turn)) {
    signal?.throwIfAborted();
    candidates.push(...(await findCandidates(networks.blazeface, pyramid, view)));
  }
  const faces: FoundFace[] = [];
  for (const candidate of withoutRepeats(candidates)) {
    signal?.throwIfAborted();
    if (known.some(({ region }) => overlap(region, candidate) > sameFace)) continue;
    const face = await fitMesh(networks.facemesh, pyramid, candidate);
    if (face) faces.push(face);
  }
  return faces;
}

/** Fits the mesh, and again to the region that it asks for, until that stays. Undefined when there is no face. */
async function fitMesh(session: Session, pyramid: Pyramid, start: Region): Promise<FoundFace | undefined> {
  let region = start;
  let mesh = await runFaceMesh(session, pyramid, region);
  for (let i = 0; i < refinements && mesh.score >= minimumScore; i++) {
    const next = regionOfMesh(mesh.points);
    const moved = Math.hypot(next.x - region.x, next.y - region.y) + Math.abs(next.size - region.size);
    const turned = Math.abs(Math.atan2(Math.sin(next.angle - region.angle), Math.cos(next.angle - region.angle)));
    if (i > 0 && moved / next.size + turned < settled) break;
    region = next;
    mesh = await runFaceMesh(session, pyramid, region);
  }
  return mesh.score >= minimumScore ? { region: regionOfMesh(mesh.points), mesh } : undefined;
}

function withoutDoubles(faces: readonly FoundFace[]): FoundFace[] {
  const kept: FoundFace[] = [];
  for (const face of faces.toSorted((p, q) => q.mesh.score - p.mesh.score))
    if (!kept.some((other) => overlap(other.region, face.region) > sameFace)) kept.push(face);
  return kept;
}

async function describe(networks: Networks, pyramid: Pyramid, mesh: MeshResult): Promise<DetectedFace> {
  const landmarks468 = mesh.points;
  const irises = await refineEyes(networks.iris, pyramid, landmarks468);
  return {
    box: boundingBox(landmarks468),
    score: mesh.score,
    landmarks468,
    landmarks68: landmarks68Of(landmarks468),
    irises: { left: irises.pictureLeft, right: irises.pictureRight },
  };
}

function boundingBox(points: Float32Array): DetectedFace["box"] {
  let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 3) {
    minX = Math.min(minX, points[i]);
    maxX = Math.max(maxX, points[i]);
    minY = Math.min(minY, points[i + 1]);
    maxY = Math.max(maxY, points[i + 1]);
  }
  return { x: minX, y: minY, width: maxX - minX, height: maxY - minY };
}
