import { type Constant, type Elements, elementCount } from "./graph.ts";

/** Row-major strides of a shape, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** The constant with its axes in another order: axis k of the result is axis `order[k]` of the constant. */
export function transpose(constant: Constant, order: readonly number[]): Constant {
  const shape = order.map((axis) => constant.shape[axis]);
  const strides = stridesOf(constant.shape);
  return gather(
    constant,
    shape,
    order.map((axis) => strides[axis]),
  );
}

/** The elements of a shape in row-major order, each taken at Σ index·stride of the constant. */
function gather(constant: Constant, shape: readonly number[], strides: readonly number[]): Constant {
  const data = newElements(constant.data, elementCount(shape));
  const index = new Array<number>(shape.length).fill(0);
  let source = 0;
  for (let i = 0; i < data.length; i++) {
    data[i] = constant.data[source];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis];
      if (++index[axis] < shape[axis]) break;
      source -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return { type: constant.type, shape, data };
}

/** The constant repeated along axes of size 1 (and new leading axes) to a larger shape. */
export function expand(constant: Constant, shape: readonly number[]): Constant {
  const strides = stridesOf(constant.shape);
  const lead = shape.length - constant.shape.length;
  return gather(
    constant,
    shape,
    shape.map((_, axis) => (axis < lead || constant.shape[axis - lead] === 1 ? 0 : strides[axis - lead])),
  );
}

/** An empty array of the same kind. */
export const newElements = (like: Elements, count: number): Elements =>
  like instanceof Float32Array ? new Float32Array(count) : new Float64Array(count);

/** The shape of an element-wise result (NumPy's rules); a size of −1 is unknown. Undefined when the shapes do not fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const x = a[axis - rank + a.length] ?? 1;
    const y = b[axis - rank + b.length] ?? 1;
    if (x === y || y === 1) shape[axis] = x;
    else if (x === 1 || x === -1) shape[axis] = y;
    else if (y === -1) shape[axis] = x;
    else return undefined;
  }
  return shape;
}
