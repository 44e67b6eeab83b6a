/** Linear light of each 8-bit sRGB value (IEC 61966-2-1), in [0, 1]. */
export const linearOfSrgb: Float32Array = Float32Array.from({ length: 256 }, (_, i) => {
  const v = i / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
});

/** The 8-bit sRGB value of linear light, indexed by light × 4095. */
const srgbOfLinear: Uint8Array = Uint8Array.from({ length: 4096 }, (_, i) => {
  const l = i / 4095;
  return Math.round(255 * (l <= 0.0031308 ? 12.92 * l : 1.055 * l ** (1 / 2.4) - 0.055));
});

/** Encodes linear light as 8-bit sRGB; what lies outside [0, 1] is clamped. */
export const toSrgb = (linear: number): number =>
  srgbOfLinear[linear <= 0 ? 0 : linear >= 1 ? 4095 : (linear * 4095 + 0.5) | 0];
