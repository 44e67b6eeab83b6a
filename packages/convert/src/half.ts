const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The float32 value of an IEEE 754 half. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The half that equals `value` exactly, or −1 when there is none. */
export function exactHalf(value: number): number {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = bits[0] & 0x7fffffff;
  if (magnitude === 0) return sign;
  const exponent = (magnitude >>> 23) - 127;
  const fraction = magnitude & 0x7fffff;
  if (exponent >= -14 && exponent <= 15)
    return fraction & 0x1fff ? -1 : sign | ((exponent + 15) << 10) | (fraction >> 13);
  const subnormal = Math.abs(value) * 2 ** 24;
  return Number.isInteger(subnormal) && subnormal < 1024 ? sign | subnormal : -1;
}
