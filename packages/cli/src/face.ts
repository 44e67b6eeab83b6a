import { type Cameo, CameoError, type Head, type ReconstructOptions } from "cameo";
import { integerBetween } from "./options.ts";

/** One face of a photo: the largest, or its place in the order of size, from 1. */
export type FaceChoice = "largest" | number;

export const faceChoice = (text: string): FaceChoice => (text === "largest" ? text : integerBetween(1, 1000)(text));

/** The head of the chosen face; errors speak of faces as the user counts them. */
export async function reconstructFace(
  cameo: Cameo,
  photo: string,
  face: FaceChoice,
  options: Omit<ReconstructOptions, "face">,
): Promise<Head> {
  try {
    return await cameo.reconstruct(photo, { ...options, face: face === "largest" ? face : face - 1 });
  } catch (error) {
    if (error instanceof CameoError && error.code === "no-such-face")
      throw new CameoError(error.code, `There is no face ${face}: the photo shows fewer; 1 is the largest.`, {
        cause: error,
      });
    throw error;
  }
}
