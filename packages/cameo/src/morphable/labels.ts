import { Label } from "../image.ts";
import { Region } from "./model.ts";

/** The label of each region: eyes and lids belong to the face, all that lies between the lips to the inner mouth. */
const labelOfRegion: Record<Region, Label> = {
  [Region.face]: Label.face,
  [Region.scalp]: Label.hair,
  // The subject's left is on the right of the picture.
  [Region.earLeft]: Label.earRight,
  [Region.earRight]: Label.earLeft,
  [Region.neck]: Label.background,
  [Region.eyeLeft]: Label.face,
  [Region.eyeRight]: Label.face,
  [Region.eyeSocket]: Label.face,
  [Region.innerMouth]: Label.innerMouth,
  [Region.teeth]: Label.innerMouth,
  [Region.tongue]: Label.innerMouth,
};

/** One {@link Label} per triangle of a model, from its regions. */
export const labelsOfRegions = (regions: Uint8Array): Uint8Array =>
  regions.map((region) => labelOfRegion[region as Region]);
