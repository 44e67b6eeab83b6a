import { Extra, type PortraitSample } from "@cameo/synth";

/** Neighbouring pixels of which one shows the head and the other does not, by what the other shows. */
export interface Borders {
  /** Beside the picture's background: all pairs, and those where depth begins or ends between the two. */
  readonly open: number;
  readonly openSteps: number;
  /** Beside clothes and things in front of the head: all pairs, and those whose depth steps between the two. */
  readonly covered: number;
  readonly coveredSteps: number;
  /** Pixels of head without depth, and of background with it. */
  readonly wrong: number;
}

/** A step in depth, mm: more than a surface goes between two pixels unless it is seen at a grazing angle. */
const step = 5;

/** Counts where labels change between head and not head, and whether depth changes with them. */
export function measureBorders({ size, labels, extras, depth }: PortraitSample): Borders {
  let [open, openSteps, covered, coveredSteps, wrong] = [0, 0, 0, 0, 0];
  for (let y = 0, p = 0; y < size; y++)
    for (let x = 0; x < size; x++, p++) {
      if (labels[p] !== 0 ? !(depth[p] > 0) : extras[p] === Extra.none && depth[p] > 0) wrong++;
      for (const q of [x + 1 < size ? p + 1 : p, y + 1 < size ? p + size : p]) {
        if ((labels[p] === 0) === (labels[q] === 0)) continue;
        const [head, other] = labels[p] === 0 ? [q, p] : [p, q];
        if (extras[other] === Extra.none) {
          open++;
          if (depth[head] > 0 && depth[other] === 0) openSteps++;
        } else if (extras[other] === Extra.clothes || extras[other] === Extra.occluder) {
          covered++;
          if (Math.abs(depth[head] - depth[other]) > step) coveredSteps++;
        }
      }
    }
  return { open, openSteps, covered, coveredSteps, wrong };
}
