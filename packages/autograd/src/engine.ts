/**
 * The backward pass: an iterative walk from the roots towards the leaves, each node once all gradients that flow into it are
 * there, later operations first.
 *
 * Memory that a plain backward (no `createGraph`) allocates itself is recycled as soon as no gradient in flight lies on it: its
 * tensors are seen by rules only, which keep nothing. What user code gets to see (hooks, `Function`, `.grad`, results) is not.
 */
import { AutogradError, type Tensor } from '@flambeau/core';
import { context, Layer, withContext } from '@flambeau/core/internal';
import { anomaly, checkAnomaly } from './anomaly.js';
import { BackwardMemory } from './backward-memory.js';
import type { Edge, Gradients, Node } from './node.js';
import { currentFrame } from './transforms/frame.js';

export interface BackwardOptions {
  /** Keep what was saved, so that the same graph can be walked again. */
  readonly retainGraph: boolean;
  /** Record the backward pass itself, for higher derivatives. */
  readonly createGraph: boolean;
}

/** A gradient that enters the graph. */
export interface Root {
  readonly edge: Edge;
  readonly grad: Tensor;
}

/**
 * Walks the graph.
 *
 * @param targets - If given, gradients are not accumulated into leaves but returned for these edges (null where none arrives).
 */
export function runBackward(
  roots: readonly Root[],
  options: BackwardOptions,
  targets: readonly Edge[] | null,
): (Tensor | null)[] {
  const { excluded, scope } = context();
  const walk = new Walk(options, targets);
  const change = options.createGraph
    ? { excluded: excluded & ~Layer.Autograd }
    : { excluded: excluded | Layer.Autograd, scope: walk.recycles ? walk.memory : scope };
  return withContext('backward', change, () => walk.run(roots));
}

class Walk {
  readonly memory = new BackwardMemory();
  readonly recycles: boolean;
  private readonly dependencies = new Map<Node, number>();
  private readonly gradients = new Map<Node, (Tensor | null)[]>();
  private readonly ready = new ReadyQueue();
  private readonly captured: Map<Node, Map<number, Tensor | null>> | null;
  private readonly needed: Set<Node> | null;
  /** The sequence of the earliest target; -1 where any operation may lead to one, as to a leaf. */
  private readonly earliest: number;

  constructor(
    private readonly options: BackwardOptions,
    private readonly targets: readonly Edge[] | null,
  ) {
    // what a transform has wrapped lies on memory that the engine does not see
    this.recycles = !options.createGraph && currentFrame() === null;
    const sequences = (targets ?? []).map((t) => t.node.sequence);
    this.earliest = sequences.length > 0 && sequences.every(Number.isFinite) ? Math.min(...sequences) : -1;
    this.needed = targets === null ? null : new Set();
    this.captured = targets === null ? null : new Map();
    for (const { node, index } of targets ?? []) {
      if (!this.captured?.has(node)) this.captured?.set(node, new Map());
      this.captured?.get(node)?.set(index, null);
    }
  }

  run(roots: readonly Root[]): (Tensor | null)[] {
    this.countDependencies(roots);
    for (const { edge, grad } of roots) {
      if (this.recycles) this.memory.hold(grad);
      this.add(edge, grad);
    }
    for (const node of new Set(roots.map((r) => r.edge.node))) if (!this.dependencies.get(node)) this.ready.push(node);
    for (let node = this.ready.pop(); node !== undefined; node = this.ready.pop()) this.visit(node);
    return (this.targets ?? []).map(({ node, index }) => this.captured?.get(node)?.get(index) ?? null);
  }

  // How many gradients will arrive at each node, and which nodes lie on a way to a target.
  private countDependencies(roots: readonly Root[]): void {
    const seen = new Set<Node>();
    const order: Node[] = [];
    const stack = roots.map((r) => r.edge.node);
    while (stack.length > 0) {
      const node = stack.pop() as Node;
      if (seen.has(node)) continue;
      seen.add(node);
      order.push(node);
      // edges lead to earlier operations, so no way from here leads to a target
      if (node.sequence < this.earliest) continue;
      for (const edge of node.edges) {
        if (edge === null) continue;
        this.dependencies.set(edge.node, (this.dependencies.get(edge.node) ?? 0) + 1);
        stack.push(edge.node);
      }
    }
    if (this.needed !== null) this.findNeeded(order, this.needed);
  }

  // From the targets back up to the roots.
  private findNeeded(nodes: readonly Node[], needed: Set<Node>): void {
    const above = new Map<Node, Node[]>();
    for (const node of nodes)
      for (const edge of node.edges) {
        if (edge === null) continue;
        const list = above.get(edge.node);
        if (list === undefined) above.set(edge.node, [node]);
        else list.push(node);
      }
    const stack = (this.targets ?? []).map((t) => t.node);
    while (stack.length > 0) {
      const node = stack.pop() as Node;
      if (needed.has(node)) continue;
      needed.add(node);
      for (const user of above.get(node) ?? []) stack.push(user); // may be too many for one call's arguments
    }
  }

  private visit(node: Node): void {
    const grads = this.gradients.get(node);
    const arrived = grads?.slice(); // hooks may replace gradients
    this.gradients.delete(node);
    const wanted = this.needed === null || this.needed.has(node);
    let results: Gradients = [];
    if (grads !== undefined && wanted) {
      const userSees = node.callsUserCode || node.hasHooks;
      if (userSees) for (const g of grads) g?.storage.markEscaped();
      // what user code makes is its own: it may keep it
      const asUser = <T>(fn: () => T): T =>
        userSees && this.recycles ? withContext('hook', { scope: this.memory.parent }, fn) : fn();
      asUser(() => node.runTensorHooks(grads));
      this.capture(node, grads);
      // in a search for gradients, leaves are left alone, and so is what lies behind the last target
      if (this.needed === null || node.edges.some((e) => e !== null && this.needed?.has(e.node))) {
        if (this.needed !== null && node.accumulates)
          throw new AutogradError(`${node.name}: its backward adds into .grad of leaves, which grad() must not; use backward()`);
        results = !userSees && this.addsPart(node, grads) ? [] : asUser(() => node.run(grads));
        if (anomaly.on) checkAnomaly(node, results);
        if (userSees) for (const g of results) g?.storage.markEscaped();
        if (results.length > node.edges.length)
          throw new AutogradError(`${node.name} returned ${results.length} gradients for ${node.edges.length} inputs`);
        if (!this.options.retainGraph) node.release();
      }
    }
    for (let i = 0; i < node.edges.length; i++) {
      const edge = node.edges[i];
      if (edge === null || (this.needed !== null && !this.needed.has(edge.node))) continue;
      const grad = results[i] ?? null;
      if (grad !== null) {
        if (this.recycles) this.memory.hold(grad);
        this.add(edge, grad);
      }
      const left = (this.dependencies.get(edge.node) as number) - 1;
      this.dependencies.set(edge.node, left);
      if (left === 0) this.ready.push(edge.node);
    }
    if (this.recycles) {
      this.memory.sweep();
      if (arrived !== undefined) for (const g of arrived) if (g !== null) this.memory.drop(g);
    }
  }

  // Parts that were taken one by one (`select`, `slice`) meet in the gradient that the first of them began.
  private addsPart(node: Node, [grad]: Gradients): boolean {
    const [edge] = node.edges;
    if (!this.recycles || node.edges.length !== 1 || edge === null || grad === null) return false;
    const sum = this.gradients.get(edge.node)?.[edge.index] ?? null;
    return sum !== null && this.memory.owns(sum) && node.addTo(sum, grad);
  }

  private capture(node: Node, grads: readonly (Tensor | null)[]): void {
    const captured = this.captured?.get(node);
    if (captured === undefined) return;
    for (const index of captured.keys()) {
      grads[index]?.storage.markEscaped();
      captured.set(index, grads[index]);
    }
  }

  // Gradients that meet are added; a sum of ours can take the next one in place.
  private add({ node, index }: Edge, grad: Tensor): void {
    let grads = this.gradients.get(node);
    if (grads === undefined) this.gradients.set(node, (grads = new Array(node.outputCount).fill(null)));
    const present = grads[index];
    if (present === null) {
      grads[index] = grad;
      return;
    }
    if (this.recycles && this.memory.owns(present)) {
      present.add_(grad);
      this.memory.drop(grad);
      return;
    }
    const sum = present.add(grad);
    grads[index] = sum;
    if (this.recycles) {
      this.memory.hold(sum);
      this.memory.drop(present);
      this.memory.drop(grad);
    }
  }
}

/** Nodes that are ready, latest recorded first. */
class ReadyQueue {
  private readonly heap: Node[] = [];

  push(node: Node): void {
    const { heap } = this;
    let i = heap.length;
    heap.push(node);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent].sequence >= node.sequence) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = node;
  }

  pop(): Node | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].sequence > heap[child].sequence) child++;
      if (heap[child].sequence <= last.sequence) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return top;
  }
}
