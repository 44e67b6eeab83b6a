/** One shape control in [-1, 1]; a target with no opposite has no `negative` end and runs over [0, 1]. */
export interface Slider {
  /** What both ends share, such as `nose/nose-hump`. */
  readonly name: string;
  readonly negative: string | null;
  readonly positive: string;
}

const opposites = [
  ["decr", "incr"],
  ["in", "out"],
  ["down", "up"],
  ["backward", "forward"],
  ["concave", "convex"],
  ["compress", "uncompress"],
  ["l", "r"],
] as const;

/** Pairs target names that are the two ends of one slider (`-decr`/`-incr`, `-in`/`-out`, …), in the order of `names`. */
export function findSliders(names: Iterable<string>): Slider[] {
  const all = new Set(names);
  const sliders: Slider[] = [];
  for (const name of all) {
    const cut = name.lastIndexOf("-");
    const stem = name.slice(0, cut);
    const end = name.slice(cut + 1);
    const isNegative = opposites.some(([low, high]) => end === low && all.has(`${stem}-${high}`));
    if (isNegative) continue;
    const pair = opposites.find(([low, high]) => end === high && all.has(`${stem}-${low}`));
    sliders.push(
      pair
        ? { name: `${stem}-${pair[0]}/${pair[1]}`, negative: `${stem}-${pair[0]}`, positive: name }
        : { name, negative: null, positive: name },
    );
  }
  return sliders;
}

/** The target and its weight that a slider at `value` stands for; nothing for the missing end of a one-sided slider. */
export function sliderWeight(slider: Slider, value: number): [name: string, weight: number] | null {
  if (value >= 0) return [slider.positive, value];
  return slider.negative ? [slider.negative, -value] : null;
}
