/** Items that name a behaviour instead of a function, or that a test reaches by a computed name, each with the test that proves it. */
interface Behaviour {
  readonly ours: string;
  readonly test: string;
}

export const behaviours: Readonly<Record<string, Behaviour>> = {
  'torch.dtype': { ours: "dtypes are their names, 'float32'", test: 'packages/core/src/dtype.test.ts' },
  'torch.device': { ours: "devices are their names, 'cpu'", test: 'packages/core/src/type-info.test.ts' },
  'torch.memory_format': { ours: 'memory formats are their names', test: 'packages/core/src/ops/resizing.test.ts' },
  'torch.contiguous_format': { ours: "'contiguous_format'", test: 'packages/core/src/ops/resizing.test.ts' },
  'torch.channels_last': { ours: "'channels_last'", test: 'packages/core/src/ops/resizing.test.ts' },
  'torch.channels_last_3d': { ours: "'channels_last_3d'", test: 'packages/core/src/ops/resizing.test.ts' },
  'torch.preserve_format': { ours: "'preserve_format'", test: 'packages/core/src/ops/resizing.test.ts' },
  'meta-device construction': { ours: "setDefaultDevice('meta')", test: 'packages/nn/src/module.test.ts' },
  'meta device': { ours: "{ device: 'meta' }", test: 'packages/core/src/device.test.ts' },
  'torch.Tensor.is_meta': { ours: 'core.Tensor.prototype.isMeta', test: 'packages/core/src/device.test.ts' },
  'torch.Size': { ours: 'shapes are arrays of numbers', test: 'packages/core/src/shape.test.ts' },
  'torch.linalg.LinAlgError': { ours: 'core.LinAlgError', test: 'tooling/op-database/test/linear-solve.test.ts' },
  'torch.hamming_window': { ours: 'core.hammingWindow', test: 'packages/core/src/windows.test.ts' },
  'torch.blackman_window': { ours: 'core.blackmanWindow', test: 'packages/core/src/windows.test.ts' },
  'torch.kaiser_window': { ours: 'core.kaiserWindow', test: 'packages/core/src/windows.test.ts' },
  'torch.bartlett_window': { ours: 'core.bartlettWindow', test: 'packages/core/src/windows.test.ts' },
  'torch.signal.windows.blackman': { ours: 'core.signal.windows.blackman', test: 'packages/core/src/windows.test.ts' },
  'torch.signal.windows.hamming': { ours: 'core.signal.windows.hamming', test: 'packages/core/src/windows.test.ts' },
  'torch.signal.windows.hann': { ours: 'core.signal.windows.hann', test: 'packages/core/src/windows.test.ts' },
  'torch.signal.windows.kaiser': { ours: 'core.signal.windows.kaiser', test: 'packages/core/src/windows.test.ts' },
  'torch.use_deterministic_algorithms': {
    ours: 'every algorithm is deterministic, there is nothing to switch on',
    test: 'packages/autograd/test/bits.test.ts',
  },
  'torch.are_deterministic_algorithms_enabled': {
    ours: 'every algorithm is deterministic, there is nothing to ask',
    test: 'packages/autograd/test/bits.test.ts',
  },
  'torch.Tensor.data': { ours: 'x.detach()', test: 'packages/autograd/src/backward.test.ts' },
  'torch.Tensor.__len__': { ours: 'x.size(0)', test: 'packages/core/src/protocols.test.ts' },
  'torch.Tensor.__iter__': { ours: 'for (const row of x)', test: 'packages/core/src/type-info.test.ts' },
  'torch.Tensor.__contains__': { ours: 'x.eq(value).any()', test: 'packages/core/src/protocols.test.ts' },
  'torch.Tensor.__bool__': { ours: 'isNonzero(x)', test: 'packages/core/src/type-info.test.ts' },
  'torch.Tensor.__float__': { ours: 'x.item()', test: 'packages/core/src/protocols.test.ts' },
  'torch.Tensor.__int__': { ours: 'x.item(), x.itemBigInt()', test: 'packages/core/src/protocols.test.ts' },
  'torch.Tensor.__repr__': { ours: 'x.toString(), util.inspect(x)', test: 'packages/core/src/printing.test.ts' },
  'torch.Tensor.__deepcopy__': { ours: 'nn.deepCopy(x)', test: 'packages/nn/src/dicts.test.ts' },
  'broadcasting semantics': { ours: 'operands are aligned from the right', test: 'tooling/op-database/test/elementwise.test.ts' },
  'type promotion semantics': {
    ours: "the same table as PyTorch's; numbers and 0-d tensors widen only to a higher category",
    test: 'packages/core/src/dtype.test.ts',
  },
  'view and aliasing semantics': {
    ours: 'views share memory and versions, and see writes',
    test: 'packages/autograd/src/inplace.test.ts',
  },
  'non-contiguous and strided tensors': {
    ours: 'every sample is run contiguous, transposed, sliced and expanded',
    test: 'tooling/op-database/test/elementwise.test.ts',
  },
  'zero-dim and empty tensors': { ours: 'are among the samples of every op', test: 'tooling/op-database/test/reduction.test.ts' },
  'torch.autograd.Function.forward': {
    ours: 'static forward(ctx, …args) of a Function',
    test: 'packages/autograd/src/function.test.ts',
  },
  'torch.autograd.Function.backward': {
    ours: 'static backward(ctx, …grads) of a Function',
    test: 'packages/autograd/src/function.test.ts',
  },
  'torch.autograd.Function.setup_context': {
    ours: 'static setupContext(ctx, inputs, output) of a Function',
    test: 'packages/autograd/src/forward/forward-ad.test.ts',
  },
  'torch.utils.hooks.RemovableHandle': {
    ours: 'whatever registers a hook returns the function that removes it',
    test: 'packages/autograd/src/hooks.test.ts',
  },
  'gradient accumulation into leaves': {
    ours: 'sums over repeated uses and repeated calls',
    test: 'packages/autograd/src/backward.test.ts',
  },
  'double backward (create_graph)': { ours: 'createGraph: true', test: 'packages/autograd/src/backward.test.ts' },
  'in-place correctness checks (version counters)': {
    ours: 'a saved tensor that was changed is an error that names the op',
    test: 'packages/autograd/src/inplace.test.ts',
  },
  'view + in-place gradient rebasing': {
    ours: 'writing through a view changes the base and both gradients',
    test: 'packages/autograd/src/inplace.test.ts',
  },
  'retain_graph and freed-buffer errors': {
    ours: 'retainGraph: true; a second pass without it is an error',
    test: 'packages/autograd/src/backward.test.ts',
  },
  'complex autograd (Wirtinger convention)': {
    ours: 'the conjugate of the Wirtinger derivative',
    test: 'packages/autograd/src/complex.test.ts',
  },
  'None / undefined gradients': {
    ours: 'setMaterializeGrads(false), allowUnused, materializeGrads',
    test: 'packages/autograd/src/function.test.ts',
  },
  'non-scalar backward with gradient argument': { ours: 'x.backward(gradient)', test: 'packages/autograd/src/backward.test.ts' },
  'subgradient conventions at kinks': {
    ours: "samples marked kink are compared with PyTorch's choice",
    test: 'tooling/op-database/test/elementwise.test.ts',
  },
  'deterministic accumulation order': {
    ours: 'the same bits with any number of threads and any memory',
    test: 'packages/autograd/test/bits.test.ts',
  },
  'torch.nn.Module.__call__': { ours: 'module(x)', test: 'packages/nn/src/module.test.ts' },
  'state_dict key naming': {
    ours: "names and order are compared with PyTorch's for every stored layer",
    test: 'packages/nn/src/families.test.ts',
  },
  'parameter sharing and tied weights': {
    ours: 'shared parameters are listed once and saved under each name',
    test: 'packages/nn/src/dicts.test.ts',
  },
  'train/eval mode dependent layers': {
    ours: 'train() and eval() reach every module; dropout and norms follow',
    test: 'packages/nn/src/layers.test.ts',
  },
  'default parameter initialisation': {
    ours: "PyTorch's bounds, deviations and constants",
    test: 'packages/nn/src/init.test.ts',
  },
  'deep copy of modules': { ours: 'deepCopy(module)', test: 'packages/nn/src/members.test.ts' },
  'autocast op lists': {
    ours: "every operation in PyTorch's lists gives its dtype",
    test: 'packages/autograd/src/autocast.test.ts',
  },
  'maximize flag': { ours: 'maximize: true', test: 'packages/optim/src/trajectories.test.ts' },
  'per-parameter-group options': {
    ours: 'groups have settings of their own, which can be changed between steps',
    test: 'packages/optim/src/optimizer.test.ts',
  },
  'warmup + decay composition': { ours: 'SequentialLR of LinearLR and others', test: 'packages/optim/src/lr-scheduler.test.ts' },
  'optimizer checkpoint interchange': {
    ours: "goes on from PyTorch's state dict and saves one with its keys",
    test: 'packages/optim/src/trajectories.test.ts',
  },
  'out= argument': { ours: 'op.out(target, …)', test: 'tooling/op-database/test/elementwise.test.ts' },
  'torch.autograd.Function.jvp': {
    ours: 'static jvp(ctx, …tangents) of a Function',
    test: 'packages/autograd/src/forward/forward-ad.test.ts',
  },
  'torch.autograd.Function.vjp': {
    ours: 'static vjp(ctx, …grads) of a Function',
    test: 'packages/autograd/src/forward/forward-ad.test.ts',
  },
  'batched gradients (is_grads_batched)': {
    ours: 'grad(…, { isGradsBatched: true })',
    test: 'packages/autograd/src/func/func.test.ts',
  },
  'torch.nn.Module.get_extra_state': { ours: 'getExtraState() of a module', test: 'packages/nn/src/hooks.test.ts' },
  'torch.nn.Module.set_extra_state': { ours: 'setExtraState(state) of a module', test: 'packages/nn/src/hooks.test.ts' },
  'named parameters in optimizers': { ours: 'new SGD(model.namedParameters(), …)', test: 'packages/optim/src/optimizer.test.ts' },
};
