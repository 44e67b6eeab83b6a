import { serve } from "@cameo/synth";
import { openPreparer, type PreparedPhoto, type PrepareRules } from "./prepare-photo.ts";

/** What a preparing thread starts with. */
export interface PreparerData extends PrepareRules {
  readonly models?: string;
}

/** A thread that prepares photos: gets the path of one, answers with its faces. */
serve<PreparerData, string, PreparedPhoto>(async ({ models, ...rules }) => {
  const prepare = await openPreparer(models, rules);
  return async (path) => {
    const answer = await prepare(path);
    const faces = "faces" in answer ? answer.faces : [];
    return {
      answer,
      transfer: faces.flatMap(({ picture, skin }) => [picture.buffer, skin.buffer] as ArrayBuffer[]),
    };
  };
});
