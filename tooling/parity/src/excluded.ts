/** What cannot apply here, with the reason. Nothing that could be built stands here. */
const NO_GPU = 'there is no GPU backend; devices are the CPU only';
const NO_PYTHON = 'a protocol of the Python language without a counterpart in JavaScript';
const FULL_PRECISION = 'permits products of lower precision on hardware that has them; float32 products are always float32 here';
const NO_FLOAT8 = 'a storage format of GPU tensor cores; CPUs have no arithmetic for it';

export const excluded: Readonly<Record<string, string>> = {
  'torch.from_dlpack': 'DLPack hands memory between native libraries of one process; JavaScript has no such capsules',
  'torch.set_float32_matmul_precision': FULL_PRECISION,
  'torch.get_float32_matmul_precision': FULL_PRECISION,
  'torch.float8_e4m3fn': NO_FLOAT8,
  'torch.float8_e5m2': NO_FLOAT8,
  'torch.Tensor.cuda': NO_GPU,
  'torch.Tensor.pin_memory': NO_GPU,
  'torch.Tensor.is_pinned': NO_GPU,
  'torch.Tensor.data_ptr': 'addresses of JavaScript memory are not public, because they do not keep the memory alive',
  'torch.Tensor.__index__': NO_PYTHON,
  'torch.Tensor.__format__': NO_PYTHON,
  'torch.Tensor.__hash__': NO_PYTHON,
  'torch.Tensor.__array__': NO_PYTHON,
  'torch.autograd.graph.save_on_cpu': NO_GPU,
  'torch.nn.Module.cuda': NO_GPU,
  'torch.nn.Module.compile': 'torch.compile compiles Python bytecode',
};
