/**
 * For sibling packages only; no promise to anybody else.
 *
 * @module
 */
export * as groups from './groups.js';
export { autocasting, type AutocastState, inFloat32, lowered, widened, withoutAutocast } from './autocast.js';
export { type AttentionForm, type Context, context, Layer, type StorageTracker, trackForward, withContext } from './context.js';
export {
  type DispatchLayer,
  dispatch,
  dispatchBelow,
  dispatchInplace,
  dispatchInplaceBelow,
  hasLayer,
  registerLayer,
} from './dispatch.js';
export { allOps } from './definitions.js';
export { type DTypeInfo, dtypeInfo, infoByCode } from './dtype.js';
export {
  type AnyOpDef,
  type Attributes,
  defineOp,
  type Inputs,
  inplace,
  type Layout,
  type Op,
  type OpDef,
  type Outputs,
  type TensorMeta,
} from './op.js';
export { setPrintSuffix } from './printing.js';
export { runKernel } from './backend/cpu/cpu.js';
export { attentionScoresBackward } from './ops/attention-parts.js';
export { CellKind, type LayerAttributes, type LayerInputs } from './ops/recurrent-steps.js';
export { transposedTables } from './ops/resampling-tables.js';
export { castTo, toDtype } from './ops/copy.js';
export { toIndices, toNumbers } from './ops/indices.js';
export { reduce as reduceLosses } from './ops/loss-reduction.js';
export { scalarTensor } from './promotion.js';
export { MemoryScope } from './scope.js';
export * from './shape.js';
export { emptyShared, fromMessage, isTensorMessage, type TensorMessage, toMessage } from './message.js';
export { allocateOwn, recycle, type Storage } from './storage.js';
export { persistentCopy, persistentEmpty } from './persistent.js';
export { exchangeRows } from './ops/row-exchange.js';
export { SparseTensor } from './sparse/sparse-tensor.js';
