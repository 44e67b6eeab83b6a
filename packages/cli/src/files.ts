import { encodeGrey, encodeImage, type Head, quantizeDepth } from "cameo";
import { describe, toJson } from "./describe.ts";

/** 3D file formats, by the name users give. */
export const formats = ["glb", "obj", "ply"] as const;
export type Format = (typeof formats)[number];

/** Everything that is written about one head: file contents by file name. */
export async function headFiles(
  head: Head,
  { name, photo, formats }: { name: string; photo: string; formats: readonly Format[] },
): Promise<Record<string, Uint8Array>> {
  const depth = quantizeDepth(head.depthMap());
  const depthFile = `${name}.depth.png`;
  const labelsFile = `${name}.labels.png`;
  const description = describe(head, {
    photo,
    depth: { file: depthFile, scale: depth.scale },
    labels: { file: labelsFile },
  });
  return {
    ...(formats.includes("glb") ? { [`${name}.glb`]: await head.toGLB() } : {}),
    ...(formats.includes("obj") ? await head.toOBJ(name) : {}),
    ...(formats.includes("ply") ? { [`${name}.ply`]: head.toPLY() } : {}),
    [`${name}.preview.png`]: await encodeImage(head.preview(), { format: "png" }),
    [depthFile]: await encodeGrey(depth.image),
    [labelsFile]: await encodeGrey(head.labelMap()),
    [`${name}.json`]: new TextEncoder().encode(toJson(description)),
  };
}
