import { add } from "../ops/elementwise.ts";
import { zeros } from "../ops/shape.ts";
import { inputsOf, type Node, type OperatorNode, ShapeError, scalar, show, type Tensor } from "./tensor.ts";

/** Nodes reachable from `roots` through `next`, every node after those that it reads. Iterative: graphs are deep. */
export function topologicalOrder(roots: readonly Node[], next: (node: Node) => readonly Tensor[]): Node[] {
  const order: Node[] = [];
  const state = new Set<Node>();
  const stack: { node: Node; inputs: readonly Tensor[]; at: number }[] = [];
  const visit = (node: Node) => {
    if (state.has(node)) return;
    state.add(node);
    stack.push({ node, inputs: next(node), at: 0 });
  };
  for (const root of roots) {
    visit(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.at < top.inputs.length) visit(top.inputs[top.at++].node);
      else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}

/**
 * Reverse-mode differentiation: d loss / d x for each x in `wrt`, as symbolic tensors of the same shapes.
 * Gradients that arrive on several ways are added; an x on which the loss does not depend gets zeros.
 *
 * @param loss one number (shape [] or all ones)
 * @param seed gradient of some further value with respect to `loss`; 1 when absent. With a seed, `loss` may have any shape.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[], seed?: Tensor): Tensor[] {
  if (!seed && loss.shape.some((n) => n !== 1))
    throw new ShapeError("gradients", `the loss must be one number, but its shape is ${show(loss.shape)}`);
  const order = topologicalOrder([loss.node], inputsOf);
  const needed = new Set<Node>(wrt.map((t) => t.node));
  for (const node of order) if (inputsOf(node).some((t) => needed.has(t.node))) needed.add(node);

  const arrived = new Map<Node, (Tensor | null)[]>();
  const accumulate = (target: Tensor, dy: Tensor) => {
    const slots = arrived.get(target.node) ?? Array<Tensor | null>(outputCount(target.node)).fill(null);
    const before = slots[target.index];
    slots[target.index] = before ? add(before, dy) : dy;
    arrived.set(target.node, slots);
  };
  accumulate(loss, seed ?? ones(loss));

  for (const node of order.reverse()) {
    const dys = arrived.get(node);
    if (!dys || node.kind === "input" || node.kind === "constant") continue;
    if (!inputsOf(node).some((t) => needed.has(t.node))) continue;
    if (!node.vjp) throw new Error(`gradients: ${(node as OperatorNode).type} has no gradient`);
    const dxs = node.vjp(dys);
    node.inputs.forEach((x, i) => {
      const dx = dxs[i];
      if (!x || !dx || !needed.has(x.node)) return;
      if (show(dx.shape) !== show(x.shape))
        throw new ShapeError(
          node.kind === "operator" ? `gradient of ${node.type}` : "gradient",
          `shape ${show(dx.shape)} for an input of shape ${show(x.shape)}`,
        );
      accumulate(x, dx);
    });
  }
  return wrt.map((x) => arrived.get(x.node)?.[x.index] ?? zeros(x.shape));
}

const outputCount = (node: Node): number =>
  node.kind === "operator" ? node.outputCount : node.kind === "composite" ? node.results.length : 1;

const ones = (like: Tensor): Tensor => (like.shape.length === 0 ? scalar(1) : add(zeros(like.shape), 1));
