/** PyTorch's names that are spelt otherwise here, because TypeScript forbids them or has its own word for the thing. */
export const renamed: Readonly<Record<string, string>> = {
  'torch.Tensor.__getitem__': 'core.Tensor.prototype.index',
  'torch.Tensor.__setitem__': 'core.Tensor.prototype.indexPut_',
  'torch.Tensor.numpy': 'core.Tensor.prototype.toTypedArray',
  'torch.Tensor.untyped_storage': 'core.Tensor.prototype.storage',
  'torch.detach': 'core.Tensor.prototype.detach',
  'torch.from_numpy': 'core.fromTypedArray',
  'torch.set_printoptions': 'core.setPrintOptions',
  'torch.nn.functional.logsigmoid': 'nn.F.logSigmoid',
  'torch.nn.Module.add_module': 'nn.Module.prototype.registerModule',
  'torch.nn.ModuleDict.items': 'nn.ModuleDict.prototype.entries',
  'torch.nn.ParameterDict.items': 'nn.ParameterDict.prototype.entries',
  'torch.nn.Module.__repr__': 'nn.Module.prototype.toString',
  'torch.nn.ParameterDict.fromkeys': 'nn.ParameterDict.fromKeys',
};
