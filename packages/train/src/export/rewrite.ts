import { topologicalOrder } from "../graph/autodiff.ts";
import { inputsOf, type Node, type OperatorNode, type Tensor } from "../graph/tensor.ts";

/** What takes the place of a tensor, or null to keep it (with what replaced its inputs). */
export type Replace = (t: Tensor, consumers: readonly OperatorNode[]) => Tensor | null;

/** A copy of a graph in which some tensors are replaced; inputs first, so that `replace` sees what became of them. */
export function rewrite(outputs: Readonly<Record<string, Tensor>>, replace: Replace): Record<string, Tensor> {
  const roots = Object.values(outputs).map((t) => t.node);
  const order = topologicalOrder(roots, (node) => (node.kind === "composite" ? node.results : inputsOf(node)));
  const consumers = new Map<Node, OperatorNode[]>();
  for (const node of order)
    if (node.kind === "operator")
      for (const t of inputsOf(node)) consumers.set(t.node, [...(consumers.get(t.node) ?? []), node]);

  const copies = new Map<Node, Node>();
  const replaced = new Map<Node, Tensor>();
  const image = (t: Tensor): Tensor => replaced.get(t.node) ?? { ...t, node: copies.get(t.node) ?? t.node };
  const visit = (t: Tensor): void => {
    const { node } = t;
    if (copies.has(node) || replaced.has(node)) return;
    if (node.kind === "composite") {
      replaced.set(node, image(node.results[0]));
      return;
    }
    const copy = node.kind === "operator" ? { ...node, inputs: node.inputs.map((x) => x && image(x)) } : node;
    const result = replace({ ...t, node: copy }, consumers.get(node) ?? []);
    if (result) replaced.set(node, result);
    else copies.set(node, copy);
  };
  for (const node of order) for (const t of node.kind === "composite" ? node.results : inputsOf(node)) visit(t);
  for (const t of Object.values(outputs)) visit(t);
  return Object.fromEntries(Object.entries(outputs).map(([name, t]) => [name, image(t)]));
}
