/** The steps from photo to head, in order. */
export const STAGES = ["decode", "detect", "align", "face", "appearance", "parse", "depth", "head"] as const;
export type Stage = (typeof STAGES)[number];

/** Where the focal length came from. */
export type CameraSource = "fov" | "focal35" | "exif" | "estimated";
