import type { PortraitSample } from "../sample.ts";
import { openStreamMaker, type StreamData } from "./stream.ts";
import { serve } from "./threads.ts";

/** A thread of `streamPortraits`: gets the number of a subject, answers with its pictures. */
serve<StreamData, number, PortraitSample[]>(async (data) => {
  const make = await openStreamMaker(data);
  return async (index) => {
    const answer = await make(index);
    return { answer, transfer: buffersOf(answer) };
  };
});

/** The memory of all maps, each block once. */
function buffersOf(samples: readonly PortraitSample[]): ArrayBuffer[] {
  const maps = samples.flatMap(({ image, labels, extras, depth, normals, albedo }) => [
    image,
    labels,
    extras,
    depth,
    normals,
    albedo,
  ]);
  return [...new Set(maps.map(({ buffer }) => buffer as ArrayBuffer))];
}
