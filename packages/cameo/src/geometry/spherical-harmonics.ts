import { type Quaternion, toMatrix } from "./quaternion.ts";

/**
 * Distant light on matt skin, in the first nine real spherical harmonics.
 *
 * Space: fixed to the camera, right-handed, x right in the picture, y up, z towards the viewer: the camera space (x, −y, −z),
 * equally the model space of a head with the identity rotation. Normals of a posed head are R(rotation) · n here.
 *
 * With the orthonormal real harmonics Y_lm, an environment whose radiance from direction d is L(d) = Σ L_lm Y_lm(d) gives
 * a Lambertian surface of reflectance ρ and normal n the radiance ρ · s(n), where (Ramamoorthi and Hanrahan 2001, eq. 5–8)
 *
 *   s(n) = Σ γ_b H_b(n),  γ_b = L_lm,  H_b = (A_l / π) Y_lm,  A₀ = π, A₁ = 2π/3, A₂ = π/4.
 *
 * The cosine lobe is thus inside the basis, and light of radiance 1 from everywhere (γ₀ = √(4π), others 0) gives s = 1.
 *
 *   b      0    1    2    3    4    5    6         7    8
 *   l, m   0,0  1,−1 1,0  1,1  2,−2 2,−1 2,0       2,1  2,2
 *   H_b ∝  1    y    z    x    xy   yz   3z² − 1   xz   x² − y²
 */
export const shCount = 9;

/** A_l / π for bands 0, 1, 2. */
const lobe = [1, 2 / 3, 1 / 4] as const;

/** The factors of H_b before the polynomials above. */
export const shConstants: readonly number[] = [
  lobe[0] * Math.sqrt(1 / (4 * Math.PI)),
  lobe[1] * Math.sqrt(3 / (4 * Math.PI)),
  lobe[1] * Math.sqrt(3 / (4 * Math.PI)),
  lobe[1] * Math.sqrt(3 / (4 * Math.PI)),
  lobe[2] * Math.sqrt(15 / (4 * Math.PI)),
  lobe[2] * Math.sqrt(15 / (4 * Math.PI)),
  lobe[2] * Math.sqrt(5 / (16 * Math.PI)),
  lobe[2] * Math.sqrt(15 / (4 * Math.PI)),
  lobe[2] * Math.sqrt(15 / (16 * Math.PI)),
];

/** The γ of light of radiance `radiance` from everywhere. */
export const ambientSh = (radiance: readonly number[]): Float32Array => {
  const coefficients = new Float32Array(shCount * radiance.length);
  coefficients.set(radiance.map((r) => r / shConstants[0]));
  return coefficients;
};

/**
 * The nine H_b for each normal.
 * @param normals x, y, z triples of unit length, in the space above
 * @param out receives nine numbers per normal
 */
export function shBasis(normals: Float32Array, out = new Float32Array((normals.length / 3) * shCount)): Float32Array {
  const [c0, c1, , , c4, , c6, , c8] = shConstants;
  for (let i = 0, o = 0; i < normals.length; i += 3, o += shCount) {
    const x = normals[i];
    const y = normals[i + 1];
    const z = normals[i + 2];
    out[o] = c0;
    out[o + 1] = c1 * y;
    out[o + 2] = c1 * z;
    out[o + 3] = c1 * x;
    out[o + 4] = c4 * x * y;
    out[o + 5] = c4 * y * z;
    out[o + 6] = c6 * (3 * z * z - 1);
    out[o + 7] = c4 * x * z;
    out[o + 8] = c8 * (x * x - y * y);
  }
  return out;
}

/**
 * The light s(n) on each normal; times linear reflectance it is linear colour. It may come out negative where nine
 * harmonics cannot follow the light.
 * @param normals x, y, z triples of unit length, in the space above
 * @param coefficients γ, nine groups of `channels` numbers: all channels of b = 0 first. 9 numbers for grey light, 27 for coloured
 * @param out receives `channels` numbers per normal
 */
export function shade(
  normals: Float32Array,
  coefficients: ArrayLike<number>,
  out = new Float32Array((normals.length / 3) * (coefficients.length / shCount)),
): Float32Array {
  const channels = channelsOf(coefficients);
  const [c0, c1, , , c4, , c6, , c8] = shConstants;
  for (let channel = 0; channel < channels; channel++) {
    const gamma = (b: number) => coefficients[b * channels + channel];
    const g0 = c0 * gamma(0);
    const g1 = c1 * gamma(1);
    const g2 = c1 * gamma(2);
    const g3 = c1 * gamma(3);
    const g4 = c4 * gamma(4);
    const g5 = c4 * gamma(5);
    const g6 = c6 * gamma(6);
    const g7 = c4 * gamma(7);
    const g8 = c8 * gamma(8);
    for (let i = 0, o = channel; i < normals.length; i += 3, o += channels) {
      const x = normals[i];
      const y = normals[i + 1];
      const z = normals[i + 2];
      out[o] = g0 + x * (g3 + g4 * y + g7 * z + g8 * x) + y * (g1 + g5 * z - g8 * y) + z * g2 + g6 * (3 * z * z - 1);
    }
  }
  return out;
}

/**
 * The coefficients of the light turned by `rotation`: what came from direction d then comes from R · d. Exact, as a
 * rotation mixes only harmonics of one band: the second transforms as a vector, the third as a symmetric matrix.
 * @param coefficients as for {@link shade}
 */
export function rotateSh(coefficients: ArrayLike<number>, rotation: Quaternion): Float32Array {
  const channels = channelsOf(coefficients);
  const m = toMatrix(rotation);
  const out = new Float32Array(coefficients.length);
  for (let channel = 0; channel < channels; channel++) {
    const g = (b: number) => coefficients[b * channels + channel];
    const set = (b: number, value: number) => {
      out[b * channels + channel] = value;
    };
    set(0, g(0));
    const v = [g(3), g(1), g(2)];
    for (const [axis, b] of [3, 1, 2].entries()) {
      set(b, m[3 * axis] * v[0] + m[3 * axis + 1] * v[1] + m[3 * axis + 2] * v[2]);
    }
    // The band's function is dᵀ Q d up to a common factor, by x² − y² = xx − yy and (3z² − 1) / √3 = (2zz − xx − yy) / √3.
    const third = g(6) / Math.sqrt(3);
    const q = [
      [g(8) - third, g(4), g(7)],
      [g(4), -g(8) - third, g(5)],
      [g(7), g(5), 2 * third],
    ];
    const turned = (r: number, c: number) => {
      let sum = 0;
      for (let i = 0; i < 3; i++) for (let k = 0; k < 3; k++) sum += m[3 * r + i] * q[i][k] * m[3 * c + k];
      return sum;
    };
    set(4, turned(0, 1));
    set(5, turned(1, 2));
    set(6, (Math.sqrt(3) * turned(2, 2)) / 2);
    set(7, turned(0, 2));
    set(8, (turned(0, 0) - turned(1, 1)) / 2);
  }
  return out;
}

function channelsOf(coefficients: ArrayLike<number>): number {
  const channels = coefficients.length / shCount;
  if (!Number.isInteger(channels) || channels < 1) {
    throw new RangeError(`spherical harmonics: ${coefficients.length} coefficients are not a multiple of nine`);
  }
  return channels;
}
