/**
 * ONNX export by tracing. PyTorch: `torch.onnx`.
 *
 * @example
 * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
 * exportOnnx(model, randn([1, 4]), { path: 'model.onnx' });
 *
 * @module
 */
export { OnnxExportError } from './errors.js';
export { type Exportable, type ExportedOutput, exportOnnx, type OnnxExportOptions } from './export.js';
export type { DynamicAxes } from './probes.js';
