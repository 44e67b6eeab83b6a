import type { RgbImage } from "../../image.ts";
import { createPyramid, type Pyramid } from "../../resample.ts";
import type { ModelBundle } from "../../runtime/bundle.ts";
import type { CreateSession, Session } from "../../runtime/runtime.ts";
import { type Candidate, detectorSize, findCandidates, withoutRepeats } from "./blazeface.ts";
import { type MeshResult, regionOfMesh, runFaceMesh } from "./facemesh.ts";
import { refineEyes } from "./iris.ts";
import { landmarks68Of } from "./landmarks68.ts";
import { overlap, type Region, regionToPhoto } from "./region.ts";
import { type Look, looks, quarterTurns, views } from "./search.ts";

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

/** A face (with its margin) this small against the photo's longer side suggests that there are more, too small for the first look. */
const smallFace = 0.1;
/** FaceMesh is less sure than this of what is no face. */
const minimumScore = 0.5;
/** A face seen with less than this is no reason to stop looking. */
const sure = 0.99;
/** It is surer than this of nearly every face that it sees upright. */
const certain = 1 - 1e-7;
/** The detector's second look takes in this much of the surroundings, against the mesh's region. */
const confirmationMargin = 1.6;
/** Meshes that overlap more than this show the same face. */
const sameFace = 0.3;
/** How often a mesh is fitted again to the region that it asked for itself. */
const refinements = 8;
/** A region that moves less than this, against its size, is settled. */
const settled = 0.03;

interface FoundFace {
  readonly region: Region;
  readonly mesh: MeshResult;
}

async function detectFaces(
  networks: Networks,
  image: RgbImage,
  { thorough = DETECT_DEFAULTS.thorough, signal }: DetectOptions = {},
): Promise<DetectedFace[]> {
  const pyramid = createPyramid(image);
  const enough = smallFace * Math.max(image.width, image.height);
  let found: FoundFace[] = [];
  for (const look of looks(image)) {
    const known = found.filter(({ mesh }) => mesh.score > sure);
    // Once there is a face, turned photos and frames have nothing to add; finer parts do where it is small.
    if (known.length > 0 && (look.turn !== 0 || look.level < 0)) continue;
    if (!thorough && known.some(({ region }) => region.size > enough)) break;
    found = withoutDoubles([...found, ...(await searchLook(networks, pyramid, look, known, signal))]);
  }
  const faces: DetectedFace[] = [];
  for (const { mesh } of found.toSorted((p, q) => q.region.size - p.region.size)) {
    signal?.throwIfAborted();
    faces.push(await describe(networks, pyramid, mesh));
  }
  return faces;
}

/** Faces seen in one look that are not among those known. */
async function searchLook(
  networks: Networks,
  pyramid: Pyramid,
  { level, turn }: Look,
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
    const face = await fitFace(networks.facemesh, pyramid, candidate);
    if (face && (face.mesh.score > certain || (await confirmed(networks.blazeface, pyramid, face)))) faces.push(face);
  }
  return faces;
}

/**
 * Fits the mesh to a candidate. FaceMesh also makes something of a face that lies on its side or upside down, and the detector may
 * have its tilt wrong, so unless it is quite sure the other quarter turns get their chance.
 */
async function fitFace(session: Session, pyramid: Pyramid, candidate: Region): Promise<FoundFace | undefined> {
  let best: FoundFace | undefined;
  for (const turn of quarterTurns) {
    const face = await fitMesh(session, pyramid, { ...candidate, angle: candidate.angle + turn });
    if (face && face.mesh.score > (best?.mesh.score ?? minimumScore)) best = face;
    if (best && best.mesh.score > certain) break;
  }
  return best;
}

/** Whether the detector, looking straight at the face as the mesh has it, sees an upright face there. */
async function confirmed(session: Session, pyramid: Pyramid, { region }: FoundFace): Promise<boolean> {
  const view = regionToPhoto({ ...region, size: confirmationMargin * region.size }, detectorSize);
  const seen = await findCandidates(session, pyramid, view);
  return seen.some((c) => overlap(c, region) > sameFace && angleBetween(c.angle, region.angle) < Math.PI / 4);
}

const angleBetween = (a: number, b: number): number => Math.abs(Math.atan2(Math.sin(a - b), Math.cos(a - b)));

/** Fits the mesh, and again to the region that it asks for, until that stays. Undefined when there is no face. */
async function fitMesh(session: Session, pyramid: Pyramid, start: Region): Promise<FoundFace | undefined> {
  let region = start;
  let mesh = await runFaceMesh(session, pyramid, region);
  for (let i = 0; i < refinements && mesh.score >= minimumScore; i++) {
    const next = regionOfMesh(mesh.points);
    const moved = Math.hypot(next.x - region.x, next.y - region.y) + Math.abs(next.size - region.size);
    if (i > 0 && moved / next.size + angleBetween(next.angle, region.angle) < settled) break;
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
