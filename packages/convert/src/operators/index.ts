import type { Operator } from "../operator.ts";
import { convolution } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { matrix } from "./matrix.ts";
import { normalize } from "./normalize.ts";
import { pooling } from "./pooling.ts";
import { reduction } from "./reduce.ts";
import { resizing } from "./resize.ts";
import { shaping } from "./shape.ts";

/** What the converter knows, by TensorFlow's operator names. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    ...convolution,
    ...elementwise,
    ...matrix,
    ...normalize,
    ...pooling,
    ...reduction,
    ...resizing,
    ...shaping,
  }),
);

const two = [
  ...[
    "Add",
    "AddV2",
    "BatchMatMul",
    "BatchMatMulV2",
    "BiasAdd",
    "Concat",
    "ConcatV2",
    "Conv2D",
    "DepthwiseConv2dNative",
    "Div",
    "Equal",
  ],
  ...[
    "ExpandDims",
    "Fill",
    "FloorDiv",
    "FusedDepthwiseConv2dNative",
    "Gather",
    "Greater",
    "GreaterEqual",
    "Less",
    "LessEqual",
  ],
  ...[
    "LogicalAnd",
    "LogicalOr",
    "MatMul",
    "Max",
    "Maximum",
    "Mean",
    "Min",
    "Minimum",
    "MirrorPad",
    "Mul",
    "Pad",
    "Pow",
    "Prelu",
    "Prod",
  ],
  ...[
    "RealDiv",
    "Reshape",
    "ResizeBilinear",
    "ResizeNearestNeighbor",
    "Split",
    "SquaredDifference",
    "Sub",
    "Sum",
    "Tile",
    "Transpose",
  ],
  ...["_FusedConv2D", "_FusedMatMul"],
];
const three = ["Conv2DBackpropInput", "GatherV2", "PadV2", "Select", "SelectV2", "Slice", "SplitV"];
const four = ["StridedSlice"];
const five = ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"];
const least = new Map([two, three, four, five].flatMap((names, i) => names.map((name) => [name, i + 2] as const)));

/** How many inputs an operator reads at least. */
export const leastInputs = (op: string): number => least.get(op) ?? 1;
