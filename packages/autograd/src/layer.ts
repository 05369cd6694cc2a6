/** The dispatch layer that records operations. */
import { AutogradError, type Tensor } from '@flambeau/core';
import {
  type AnyOpDef,
  type Attributes,
  type DispatchLayer,
  dispatchBelow,
  dispatchInplaceBelow,
  type Inputs,
  Layer,
  type Outputs,
  registerLayer,
} from '@flambeau/core/internal';
import { CopySlices } from './copy-slices.js';
import { edgeOf, isLeaf } from './history.js';
import { ensureMeta, needsGrad, setHistory } from './meta.js';
import { type Edge, type Gradients, Node } from './node.js';
import { type CompiledRule, OpNode } from './op-node.js';
import { levelOf, topLevel } from './transforms/wrapped.js';

/** In place of a rule: differentiate the decomposition. */
export const DECOMPOSE = 'decompose';

/**
 * The transform level at which an operation is recorded. Inputs of outer levels are constants there: they are recorded when the
 * transform dispatches what it makes of the operation. Outside of transforms nobody has to look: `ANY`.
 */
const recordingLevel = (inputs: Inputs, bits: number): number => ((bits & Layer.Transform) === 0 ? ANY : topLevel(inputs));
const ANY = -1;
const isRecorded = (t: Tensor, level: number): boolean => needsGrad(t) && (level === ANY || levelOf(t) === level);

/** The edges to the inputs that need gradients and have a rule; null if there are none. */
function edgesOf(def: AnyOpDef, rule: CompiledRule, inputs: Inputs, level: number): (Edge | null)[] | null {
  let any = false;
  const edges: (Edge | null)[] = new Array(inputs.length);
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    const edge = input !== null && (def.variadic || rule.differentiates(i)) && isRecorded(input, level) ? edgeOf(input) : null;
    edges[i] = edge;
    if (edge !== null) any = true;
  }
  return any ? edges : null;
}

function someInputNeedsGrad(inputs: Inputs, level: number): boolean {
  for (const input of inputs) if (input !== null && isRecorded(input, level)) return true;
  return false;
}

function ruleOf(def: AnyOpDef): CompiledRule | typeof DECOMPOSE {
  if (def.derivative !== undefined) return def.derivative as CompiledRule;
  if (def.decompose !== undefined) return DECOMPOSE;
  throw new AutogradError(`${def.name} has no derivative; detach() its inputs, or define one with Function`);
}

// The op's own checks run first: their errors name the op that was called.
function decompose(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Outputs {
  def.infer?.(inputs, attributes);
  return (def.decompose as NonNullable<AnyOpDef['decompose']>)(inputs, attributes);
}

const autogradLayer: DispatchLayer = {
  call(def: AnyOpDef, inputs: Inputs, attributes: Attributes, below: number): Outputs {
    const level = recordingLevel(inputs, below);
    if (!def.differentiable || !someInputNeedsGrad(inputs, level)) return dispatchBelow(def, inputs, attributes, below);
    const rule = ruleOf(def);
    if (rule === DECOMPOSE) return decompose(def, inputs, attributes);
    const edges = edgesOf(def, rule, inputs, level);
    const outputs = dispatchBelow(def, inputs, attributes, below);
    if (edges === null) return outputs;
    if (Array.isArray(outputs)) {
      const node = new OpNode(rule, edges, outputs.length, attributes, inputs, true);
      node.save(inputs, outputs);
      for (let i = 0; i < outputs.length; i++) setHistory(outputs[i], node, i);
    } else {
      const node = new OpNode(rule, edges, 1, attributes, inputs);
      node.save(inputs, outputs);
      setHistory(outputs, node, 0);
    }
    return outputs;
  },

  callInplace(def: AnyOpDef, self: Tensor, inputs: Inputs, attributes: Attributes, below: number): Tensor {
    const level = recordingLevel([self, ...inputs], below);
    const selfIsRecorded = isRecorded(self, level);
    if (!selfIsRecorded && !(def.differentiable && someInputNeedsGrad(inputs, level)))
      return dispatchInplaceBelow(def, self, inputs, attributes, below);
    checkInplace(def.name, self);
    const rule = def.differentiable ? ruleOf(def) : null;
    if (rule === DECOMPOSE) return self.copy_(decompose(def, inputs, attributes) as Tensor);
    const edges = rule === null ? null : edgesOf(def, rule, inputs, level);
    if (edges === null && !selfIsRecorded) return dispatchInplaceBelow(def, self, inputs, attributes, below);
    const { base } = self;
    const baseEdge = base === null ? null : edgeOf(base);
    const node = edges === null ? new Overwrite(def.name) : new OpNode(rule as CompiledRule, edges, 1, attributes, inputs);
    const originals = inputs.map((t, i) => (t !== null && t.storage === self.storage && node.savesInput(i) ? t.clone() : t));
    dispatchInplaceBelow(def, self, inputs, attributes, below);
    node.save(originals, self);
    if (base === null) setHistory(self, node, 0);
    else {
      // the write changed part of the base, whose history is therefore rewritten; the view is described anew from it on demand
      setHistory(base, new CopySlices(base, self, node, baseEdge), 0);
      ensureMeta(self).viewVersion = -1;
    }
    return self;
  },
};

/** An in-place operation whose result depends on nothing that needs gradients (`zero_`): what was there before gets none. */
class Overwrite extends Node {
  constructor(name: string) {
    super(name, [null], 1);
  }
  override apply(): Gradients {
    return [null];
  }
  savesInput(): boolean {
    return false;
  }
  save(): void {}
}

function checkInplace(op: string, self: Tensor): void {
  const { base } = self;
  for (const written of base === null ? [self] : [self, base])
    if (needsGrad(written) && isLeaf(written))
      throw new AutogradError(
        `${op}_: a leaf that requires gradients ${written === base ? '(through a view of it) ' : ''}cannot be changed in place while gradients are recorded; do it inside noGrad(() => …)`,
      );
  if (base !== null && !base.isContiguous())
    throw new AutogradError(
      `${op}_ on a view: the tensor it is a view of is not contiguous; call contiguous() on that one first`,
    );
}

export function installLayer(): void {
  registerLayer(Layer.Autograd, autogradLayer);
}
