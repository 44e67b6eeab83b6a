import { broadcastShape } from "../graph/shape.ts";
import { type DType, operator, scalar, type Tensor } from "../graph/tensor.ts";
import { unbroadcast } from "./reduce.ts";

/** A tensor, or a number that stands for a constant. */
export type Operand = Tensor | number;

const tensor = (x: Operand): Tensor => (typeof x === "number" ? scalar(x) : x);

function unary(type: string, derivative: (dy: Tensor, x: Tensor, y: Tensor) => Tensor | null) {
  return (x: Tensor): Tensor => operator(type, [x], {}, x.shape, (dy, y) => [derivative(dy, x, y)], x.dtype);
}

function binary(type: string, derivative: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor, Tensor]) {
  return (a: Operand, b: Operand): Tensor => {
    const [x, z] = [tensor(a), tensor(b)];
    const vjp = (dy: Tensor, y: Tensor) => {
      const [da, db] = derivative(dy, x, z, y);
      return [unbroadcast(da, x.shape), unbroadcast(db, z.shape)];
    };
    return operator(type, [x, z], {}, broadcastShape(type, x.shape, z.shape), vjp, x.dtype);
  };
}

function comparison(type: string) {
  return (a: Operand, b: Operand): Tensor => {
    const [x, z] = [tensor(a), tensor(b)];
    return operator(type, [x, z], {}, broadcastShape(type, x.shape, z.shape), () => [null, null], "bool");
  };
}

export const add = binary("Add", (dy) => [dy, dy]);
export const sub = binary("Sub", (dy) => [dy, neg(dy)]);
export const mul = binary("Mul", (dy, a, b) => [mul(dy, b), mul(dy, a)]);
export const div = binary("Div", (dy, _a, b, y) => {
  const da = div(dy, b);
  return [da, neg(mul(da, y))];
});
/** The larger of two values; equal values share the gradient. */
export const maximum = binary("Max", (dy, a, b) => shareOfEqual(dy, greater(a, b), greater(b, a)));
/** The smaller of two values; equal values share the gradient. */
export const minimum = binary("Min", (dy, a, b) => shareOfEqual(dy, greater(b, a), greater(a, b)));

function shareOfEqual(dy: Tensor, first: Tensor, second: Tensor): [Tensor, Tensor] {
  const share = mul(add(sub(cast(first), cast(second)), 1), 0.5);
  return [mul(dy, share), mul(dy, sub(1, share))];
}

export const greater = comparison("Greater");
export const less = comparison("Less");
export const equal = comparison("Equal");

/** a where `condition` (bool) holds, else b. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const [x, z] = [tensor(a), tensor(b)];
  const shape = broadcastShape("Where", broadcastShape("Where", condition.shape, x.shape), z.shape);
  return operator("Where", [condition, x, z], {}, shape, (dy) => [
    null,
    unbroadcast(where(condition, dy, 0), x.shape),
    unbroadcast(where(condition, 0, dy), z.shape),
  ]);
}

/** The same values as another element type; gradients pass between floats only. */
export function cast(x: Tensor, dtype: DType = "float32"): Tensor {
  if (x.dtype === dtype) return x;
  const to = { kind: "int", value: onnxType[dtype] } as const;
  return operator("Cast", [x], { to }, x.shape, () => [null], dtype);
}

/** TensorProto.DataType numbers. */
export const onnxType: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

export const neg = unary("Neg", (dy) => neg(dy));
export const exp = unary("Exp", (dy, _x, y) => mul(dy, y));
export const log = unary("Log", (dy, x) => div(dy, x));
export const sqrt = unary("Sqrt", (dy, _x, y) => div(mul(dy, 0.5), y));
export const reciprocal = unary("Reciprocal", (dy, _x, y) => neg(mul(dy, square(y))));
export const sin = unary("Sin", (dy, x) => mul(dy, cos(x)));
export const cos = unary("Cos", (dy, x) => neg(mul(dy, sin(x))));
export const tanh = unary("Tanh", (dy, _x, y) => mul(dy, sub(1, square(y))));
export const sigmoid = unary("Sigmoid", (dy, _x, y) => mul(dy, mul(y, sub(1, y))));
/** log(1 + eˣ). */
export const softplus = unary("Softplus", (dy, x) => mul(dy, sigmoid(x)));
/** max(0, x); the gradient at 0 is 0. */
export const relu = unary("Relu", (dy, _x, y) => mul(dy, cast(greater(y, 0))));
/** |x|; the gradient at 0 is 0. */
export const abs = unary("Abs", (dy, x) => mul(dy, sign(x)));
/** −1, 0 or 1; its gradient is 0. */
export const sign = unary("Sign", () => null);
/** The largest integer not above x; its gradient is 0. */
export const floor = unary("Floor", () => null);

export const square = (x: Tensor): Tensor => mul(x, x);

/** x to a constant power. */
export const pow = (x: Tensor, exponent: number): Tensor =>
  operator("Pow", [x, scalar(exponent)], {}, x.shape, (dy) => [mul(dy, mul(pow(x, exponent - 1), exponent)), null]);

/** x, or slope · x where x < 0. */
export const leakyRelu = (x: Tensor, slope = 0.01): Tensor =>
  operator("LeakyRelu", [x], { alpha: { kind: "float", value: slope } }, x.shape, (dy) => [
    mul(dy, add(mul(cast(greater(x, 0)), 1 - slope), slope)),
  ]);

/** x, or slope · x where x < 0, with slopes that broadcast to x. */
export function prelu(x: Tensor, slope: Tensor): Tensor {
  broadcastShape("PRelu", x.shape, slope.shape);
  return operator("PRelu", [x, slope], {}, x.shape, (dy) => {
    const positive = cast(greater(x, 0));
    const negative = sub(1, positive);
    return [mul(dy, add(positive, mul(negative, slope))), unbroadcast(mul(dy, mul(negative, x)), slope.shape)];
  });
}

/** x held between two bounds; the gradient passes where x is within them, bounds included. */
export const clip = (x: Tensor, low: number, high: number): Tensor =>
  operator("Clip", [x, scalar(low), scalar(high)], {}, x.shape, (dy, y) => [mul(dy, cast(equal(x, y))), null, null]);
