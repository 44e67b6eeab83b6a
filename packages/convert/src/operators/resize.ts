import type { OnnxAttribute } from "../builder.ts";
import type { Node, Operator } from "../operator.ts";
import { fromImage, toImage } from "./image.ts";

/** Where TensorFlow's three ways of resizing put a target pixel in the source. */
function transformation(node: Node): string {
  if (node.flag("align_corners")) return "align_corners";
  return node.flag("half_pixel_centers") ? "half_pixel" : "asymmetric";
}

const resize =
  (attributesOf: (transformation: string) => Record<string, OnnxAttribute>): Operator =>
  (node, [x, target], builder) => {
    const image = toImage(node, x, builder);
    const size = node.known(target, "target sizes") as [number, number];
    if (image.channels < 0 || size.length !== 2 || size.some((s) => s < 1))
      throw node.error("has no usable target size");
    // ONNX wants all four sizes or scales; the batch may be unknown, so it is read from the input.
    const batch =
      image.batch >= 0
        ? builder.integers([image.batch], `${node.name}/batch`)
        : builder.add("Shape", [image.onnx], `${node.name}/batch`, { start: 0, end: 1 });
    const rest = builder.integers([image.channels, ...size], `${node.name}/size`);
    const sizes = builder.add("Concat", [batch, rest], `${node.name}/sizes`, { axis: 0 });
    const mode = transformation(node);
    const onnx = builder.add("Resize", [image.onnx, "", "", sizes], node.name, {
      coordinate_transformation_mode: mode,
      ...attributesOf(mode),
    });
    return fromImage(node, { ...image, onnx, size });
  };

export const resizing: Record<string, Operator> = {
  ResizeBilinear: resize(() => ({ mode: "linear" })),
  // TensorFlow rounds down, except that aligned corners round half up; from half-pixel centres floor(u + ½) is rounding half up.
  ResizeNearestNeighbor: resize((mode) => ({
    mode: "nearest",
    nearest_mode: mode === "asymmetric" ? "floor" : "round_prefer_ceil",
  })),
};
