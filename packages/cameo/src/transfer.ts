import type { Head, RenderOptions } from "./head.ts";
import type { RgbaImage, RgbImage } from "./image.ts";
import { type Performance, performanceFilter, type TransferOptions, transferred } from "./stages/pose/transfer.ts";

export interface VideoTransferOptions extends TransferOptions {
  /** Frames a second, which smoothing goes by. Default 25. */
  readonly rate?: number;
  /** Only what changes after the first frame is taken over, on top of the target's own pose and expression. */
  readonly relative?: boolean;
  /** Whether pose and expression are smoothed over time. Default true. */
  readonly smooth?: boolean;
  /** Longer side of the pictures; that of the target's photo unless given. */
  readonly size?: number;
  readonly signal?: AbortSignal;
}

/** One frame of a video that a driver made. */
export interface TransferredFrame {
  readonly picture: RgbaImage;
  /** True where the driver's face was not seen: the frame repeats what was seen last. */
  readonly held: boolean;
  /** How far the head is turned from its photo, radians. */
  readonly turn: number;
}

/** Finds the driver's face in a frame, given where and what it was; undefined where it is not there. */
type Track<T extends Performance> = (frame: RgbImage, last: T | undefined) => Promise<T | undefined>;

/**
 * One picture of the target for each frame of the driver, made as they are asked for: memory does not grow.
 * @param show makes the target's picture
 */
export async function* transferFrames<T extends Performance>(
  frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
  track: Track<T>,
  target: Pick<Head, "pose" | "coefficients">,
  show: (options: RenderOptions) => Promise<RgbaImage>,
  { rate = 25, relative = false, smooth = true, size, signal, ...taken }: VideoTransferOptions,
): AsyncGenerator<TransferredFrame> {
  const filter = smooth ? performanceFilter(rate) : (performance: Performance) => performance;
  const own = { pose: target.pose, expression: target.coefficients.expression };
  let last: T | undefined;
  let shown: Performance | undefined;
  let start: Performance | undefined;
  for await (const frame of frames) {
    signal?.throwIfAborted();
    const seen = await track(frame, last);
    if (seen) {
      last = seen;
      shown = filter(seen);
      if (relative) start ??= shown;
    }
    const motion = shown ? transferred(shown, own, taken, start) : { pose: target.pose, expression: undefined };
    const picture = await show({ ...motion, size });
    yield { picture, held: seen === undefined, turn: angleBetween(motion.pose.rotation, target.pose.rotation) };
  }
}

/** The angle of the rotation from one to another, radians. */
const angleBetween = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  2 * Math.acos(Math.min(1, Math.abs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3])));
