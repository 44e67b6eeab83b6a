import { meshPoints } from "./facemesh.ts";

/** A mesh point, or a place between two neighbouring ones: [from, to, part of the way]. */
type Place = number | readonly [from: number, to: number, part: number];

/**
 * Where the usual 68 points lie on the mesh. The common definitions name no mesh points; these are the points and edges of the mesh's own
 * contour lines that come closest to hand-checked landmarks of portraits, the same on both sides of the face.
 */
const places: readonly Place[] = [
  // Jaw, from picture left to right.
  ...([[127, 162, 0.25], 234, [93, 132, 0.25], [132, 58, 0.5], [58, 172, 0.5], 136, [150, 149, 0.25], 176] as Place[]),
  152,
  ...([
    400,
    [379, 378, 0.25],
    365,
    [288, 397, 0.5],
    [361, 288, 0.5],
    [323, 361, 0.25],
    454,
    [356, 389, 0.25],
  ] as Place[]),
  // Brows, from picture left to right.
  ...([
    [70, 63, 0.25],
    [63, 105, 0.5],
    [105, 66, 0.25],
    [66, 107, 0.25],
    [107, 66, 0.25],
  ] as Place[]),
  ...([
    [336, 296, 0.25],
    [296, 336, 0.25],
    [334, 296, 0.25],
    [293, 334, 0.5],
    [300, 293, 0.25],
  ] as Place[]),
  // Bridge of the nose downwards, then its base from picture left to right.
  ...([[168, 6, 0.5], [197, 195, 0.25], 5, [4, 1, 0.25]] as Place[]),
  ...[75, 97, 2, 326, 305],
  // Eyes: from the corner at picture left around by the upper lid.
  ...([33, [160, 159, 0.25], 158, [173, 133, 0.25], 153, [144, 163, 0.25]] as Place[]),
  ...([[398, 362, 0.25], 385, [387, 386, 0.25], 263, [373, 390, 0.25], 380] as Place[]),
  // Outer lips from the corner at picture left around by the upper lip, then inner lips.
  ...([61, [40, 37, 0.25], [37, 0, 0.25], 0, [267, 0, 0.25], [270, 267, 0.25]] as Place[]),
  ...([291, [405, 375, 0.25], 314, 17, 84, [181, 146, 0.25]] as Place[]),
  ...([62, 82, 13, 312, 292, [317, 402, 0.25], [14, 15, 0.25], [87, 178, 0.25]] as Place[]),
];

/**
 * The usual 68 landmarks of a FaceMesh mesh, in the plane or in space.
 * @param points 468 × (x, y, z)
 * @returns 68 × (x, y), or 68 × (x, y, z) for 3 channels
 */
export function landmarks68Of(points: Float32Array, channels: 2 | 3 = 2): Float32Array {
  if (points.length !== meshPoints * 3) throw new RangeError(`landmarks: needs ${meshPoints} points`);
  const landmarks = new Float32Array(places.length * channels);
  for (const [i, place] of places.entries()) {
    const [from, to, part] = typeof place === "number" ? [place, place, 0] : place;
    for (let c = 0; c < channels; c++)
      landmarks[i * channels + c] = (1 - part) * points[from * 3 + c] + part * points[to * 3 + c];
  }
  return landmarks;
}
