import { quantizeDepth } from "./depth.ts";
import { describe, toJson } from "./describe.ts";
import { encodeGray8, encodeGray16, encodeRgb, type Head } from "./facade.ts";

/** 3D file formats, by the name users give. */
export const formats = ["glb", "obj", "ply"] as const;
export type Format = (typeof formats)[number];

/** Everything that is written about one head: file contents by file name. */
export async function headFiles(
  head: Head,
  { name, photo, formats }: { name: string; photo: string; formats: readonly Format[] },
): Promise<Record<string, Uint8Array>> {
  const depth = quantizeDepth(head.depthMap());
  const labels = head.labelMap();
  const { width, height } = head.image;
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
    [`${name}.preview.png`]: await encodeRgb(head.preview()),
    [depthFile]: await encodeGray16({ width, height, data: depth.data }),
    [labelsFile]: await encodeGray8(labels),
    [`${name}.json`]: new TextEncoder().encode(toJson(description)),
  };
}
