/** An sRGB picture: 8 bits a channel, interleaved RGB, rows from the top. `data.length === width * height * 3`. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** As {@link RgbImage}, with a fourth channel: straight alpha, 0 transparent to 255 opaque. `data.length === width * height * 4`. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Camera-space z per pixel centre, in millimetres; 0 where there is no surface. */
export interface DepthMap {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** One {@link Label} per pixel. */
export interface LabelMap {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What a pixel shows. Left and right are those of the picture. Neck, clothes and occluders count as background. */
export const Label = {
  background: 0,
  face: 1,
  hair: 2,
  earLeft: 3,
  earRight: 4,
  innerMouth: 5,
} as const;
export type Label = (typeof Label)[keyof typeof Label];
