import type { ElementType } from "./graph.ts";

/** Names of TensorFlow's DataType enumeration (tensorflow/core/framework/types.proto) that graphs may use here. */
const names: Record<number, string> = {
  1: "DT_FLOAT",
  2: "DT_DOUBLE",
  3: "DT_INT32",
  4: "DT_UINT8",
  5: "DT_INT16",
  6: "DT_INT8",
  7: "DT_STRING",
  9: "DT_INT64",
  10: "DT_BOOL",
  14: "DT_BFLOAT16",
  17: "DT_UINT16",
  19: "DT_HALF",
  22: "DT_UINT32",
  23: "DT_UINT64",
};

/** TensorFlow's name of a data type given by number; `DT_<number>` when it has none here. */
export const dataTypeName = (value: number): string => names[value] ?? `DT_${value}`;

/** The element type that a tensor of a TensorFlow type has after reading; undefined for types without one (strings, resources…). */
export function elementType(dataType: string): ElementType | undefined {
  switch (dataType) {
    case "DT_FLOAT":
    case "DT_HALF":
    case "DT_BFLOAT16":
    case "DT_DOUBLE":
      return "float32";
    case "DT_INT32":
    case "DT_INT64":
    case "DT_INT16":
    case "DT_INT8":
    case "DT_UINT8":
    case "DT_UINT16":
    case "DT_UINT32":
      return "int64";
    case "DT_BOOL":
      return "bool";
    default:
      return undefined;
  }
}
