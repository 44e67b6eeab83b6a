/**
 * The points of FaceMesh that run around the face: from the middle of the hairline down the subject's left side to the
 * chin and up the other side. On a turned head a detector puts them on the visible outline, not on fixed skin.
 */
export const faceOval468: readonly number[] = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136,
  172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];

/** The points of FaceMesh on the edges of the lids, around each eye from its outer corner over the lower lid. */
export const eyelids468 = {
  right: [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246],
  left: [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466],
} as const satisfies Record<string, readonly number[]>;

/** The points of FaceMesh on the lips, each row from the subject's right corner of the mouth to the left one. */
export const lips468 = {
  outerUpper: [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291],
  outerLower: [146, 91, 181, 84, 17, 314, 405, 321, 375],
  innerUpper: [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308],
  innerLower: [95, 88, 178, 87, 14, 317, 402, 318, 324],
} as const satisfies Record<string, readonly number[]>;
