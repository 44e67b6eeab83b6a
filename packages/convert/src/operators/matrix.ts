import type { Builder, Value } from "../builder.ts";
import type { Node, Operator } from "../operator.ts";
import { broadcastShape } from "../tensor.ts";
import { fusedOperators } from "./elementwise.ts";

/** A · B for matrices, either of them transposed first. */
const product: Operator = (node, [a, b, ...rest], builder) => {
  if (a.shape.length !== 2 || b.shape.length !== 2) throw node.error("needs two matrices");
  const [transA, transB] = [node.flag("transpose_a"), node.flag("transpose_b")];
  const [rows, inner] = transA ? [a.shape[1], a.shape[0]] : a.shape;
  const [innerB, columns] = transB ? [b.shape[1], b.shape[0]] : b.shape;
  checkInner(node, inner, innerB);
  const onnx = builder.add("Gemm", [builder.plain(a), builder.plain(b)], node.name, {
    transA: Number(transA),
    transB: Number(transB),
  });
  const value: Value = { name: node.name, type: "float32", shape: [rows, columns], plain: onnx };
  return fusedOperators(node, value, rest, builder);
};

function checkInner(node: Node, a: number, b: number): void {
  if (a >= 0 && b >= 0 && a !== b) throw node.error(`multiplies matrices whose sizes ${a} and ${b} differ`);
}

/** Products of stacks of matrices. */
const stackedProduct: Operator = (node, [a, b], builder) => {
  if (a.shape.length < 2 || b.shape.length < 2) throw node.error("needs stacks of matrices");
  const x = swapLast(a, node.flag("adj_x"), builder);
  const y = swapLast(b, node.flag("adj_y"), builder);
  checkInner(node, x.shape[x.shape.length - 1], y.shape[y.shape.length - 2]);
  const stack = broadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2));
  if (!stack) throw node.error("multiplies stacks of different sizes");
  const shape = [...stack, x.shape[x.shape.length - 2], y.shape[y.shape.length - 1]];
  return { name: node.name, type: "float32", shape, plain: builder.add("MatMul", [x.onnx, y.onnx], node.name) };
};

function swapLast(value: Value, swap: boolean, builder: Builder): { onnx: string; shape: readonly number[] } {
  const onnx = builder.plain(value);
  if (!swap) return { onnx, shape: value.shape };
  const rank = value.shape.length;
  const perm = [...value.shape.keys()];
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return {
    onnx: builder.add("Transpose", [onnx], `${value.name}/adjoint`, { perm }),
    shape: perm.map((axis) => value.shape[axis]),
  };
}

export const matrix: Record<string, Operator> = {
  BatchMatMul: stackedProduct,
  BatchMatMulV2: stackedProduct,
  MatMul: product,
  _FusedMatMul: product,
};
