/**
 * Points of the head on MakeHuman's base mesh ("hm08", `base.obj`): numbers of vertices from 0, so one less than in the file.
 * Names are those of craniometry. The points were chosen by eye on pictures of four unlike heads, those at the right
 * mirrored from the left. Left and right are the subject's.
 */
export interface Landmarks {
  /** The usual 68 points, in the usual order: the jaw from the subject's right to left, brows, nose, eyes, lips. */
  readonly ibug68: readonly number[];
  /** Single points by name; those of a side end in `_left` or `_right`. */
  readonly named: Readonly<Record<string, number>>;
}

const middle = {
  vertex_crown: 881,
  /** Back of the head. */
  opisthocranion: 962,
  /** Between the brows, and the root of the nose. */
  glabella: 227,
  sellion: 132,
  trichion_hairline_approx: 5192,
  /** Tip and base of the nose. */
  pronasale: 5054,
  subnasale: 317,
  /** Borders of the lips from above: outer, where they meet, outer. */
  labiale_superius: 455,
  stomion_upper: 520,
  stomion_lower: 493,
  labiale_inferius: 492,
  sublabiale: 491,
  /** Front and bottom of the chin. */
  pogonion: 733,
  menton: 732,
};

/** Left, right. */
const sides = {
  ear_top: [12012, 5413],
  ear_lobe_bottom: [12340, 5743],
  ear_outermost: [12038, 5439],
  ear_back: [12018, 5419],
  tragus: [12064, 5465],
  /** Widest point of the skull. */
  euryon: [7673, 977],
  /** Wing of the nose. */
  alare: [7099, 337],
  /** Inner and outer corner of the eye, middle of the upper and of the lower lid's edge. */
  endocanthion: [6853, 69],
  exocanthion: [6805, 21],
  palpebrale_superius: [6785, 1],
  palpebrale_inferius: [6828, 44],
  /** Corner of the mouth. */
  cheilion: [7185, 425],
  /** Angle of the jaw. */
  gonion: [7596, 894],
} as const;

export const landmarks: Landmarks = {
  ibug68: [
    ...[5195, 5201, 270, 5241, 894, 892, 891, 918, 732, 7620, 7593, 7594, 7596, 11850, 7039, 11812, 11806],
    ...[254, 207, 176, 180, 209, 6984, 6956, 6952, 6982, 7023],
    ...[132, 131, 201, 5054, 318, 332, 317, 7094, 7080],
    ...[21, 0, 54, 69, 47, 41, 6853, 6838, 6784, 6805, 6825, 6831],
    ...[425, 410, 456, 455, 7215, 7170, 7185, 7166, 7241, 492, 486, 406],
    ...[428, 515, 520, 7262, 7188, 7236, 493, 481],
  ],
  named: {
    ...middle,
    ...Object.fromEntries(
      Object.entries(sides).flatMap(([name, [left, right]]) => [
        [`${name}_left`, left],
        [`${name}_right`, right],
      ]),
    ),
  },
};
