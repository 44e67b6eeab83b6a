/** Root of the summed squares of all gradients. */
export function gradientNorm(gradients: Iterable<Float32Array>): number {
  let total = 0;
  for (const gradient of gradients) {
    let sum = 0;
    for (let i = 0; i < gradient.length; i++) sum += gradient[i] * gradient[i];
    total += sum;
  }
  return Math.sqrt(total);
}

/** Factor that brings gradients of norm `norm` to at most `limit` (torch clip_grad_norm_). */
export const clipFactor = (norm: number, limit: number): number => Math.min(1, limit / (norm + 1e-6));
