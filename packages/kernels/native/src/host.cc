// The Node-API host: hands out one frame per environment and calls kernels through it. Nothing here knows about tensors.
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "../include/flambeau.h"

namespace {

#define CHECK(call)                                                       \
  do {                                                                    \
    if ((call) != napi_ok) {                                              \
      napi_throw_error(env, "FLAMBEAU_NATIVE", "flambeau: " #call " failed"); \
      return nullptr;                                                     \
    }                                                                     \
  } while (0)

// call(): runs the kernel described by the frame.
napi_value call(napi_env env, napi_callback_info info) {
  void *frame;
  CHECK(napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &frame));
  fb_call(static_cast<double *>(frame));
  return nullptr;
}

// find(name): the kernel's id or -1.
napi_value find(napi_env env, napi_callback_info info) {
  size_t argc = 1, length;
  napi_value argument, result;
  char name[128];
  CHECK(napi_get_cb_info(env, info, &argc, &argument, nullptr, nullptr));
  CHECK(napi_get_value_string_utf8(env, argument, name, sizeof name, &length));
  CHECK(napi_create_int32(env, fb_find(name), &result));
  return result;
}

// kernelNames(): every kernel, in the order of their ids.
napi_value kernel_names(napi_env env, napi_callback_info) {
  napi_value list;
  CHECK(napi_create_array(env, &list));
  for (uint32_t i = 0; const char *name = fb_name(static_cast<int32_t>(i)); i++) {
    napi_value text;
    CHECK(napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &text));
    CHECK(napi_set_element(env, list, i, text));
  }
  return list;
}

// address(typedArray): where its first byte lies. The caller keeps the array alive for as long as it uses the address.
napi_value address(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argument, result;
  void *data = nullptr;
  CHECK(napi_get_cb_info(env, info, &argc, &argument, nullptr, nullptr));
  CHECK(napi_get_typedarray_info(env, argument, nullptr, nullptr, &data, nullptr, nullptr));
  CHECK(napi_create_double(env, static_cast<double>(reinterpret_cast<uintptr_t>(data)), &result));
  return result;
}

// useLargePages(address, bytes): asks the system to back this memory with large pages, so that its first use faults a few times instead
// of once every 4 KB. A hint: a system that cannot do it is free to ignore it.
napi_value use_large_pages(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value arguments[2];
  double address, bytes;
  CHECK(napi_get_cb_info(env, info, &argc, arguments, nullptr, nullptr));
  CHECK(napi_get_value_double(env, arguments[0], &address));
  CHECK(napi_get_value_double(env, arguments[1], &bytes));
#if defined(MADV_HUGEPAGE)
  constexpr uintptr_t kPage = uintptr_t{2} << 20;
  const uintptr_t begin = (static_cast<uintptr_t>(address) + kPage - 1) / kPage * kPage;
  const uintptr_t end = (static_cast<uintptr_t>(address) + static_cast<uintptr_t>(bytes)) / kPage * kPage;
  if (begin < end) madvise(reinterpret_cast<void *>(begin), end - begin, MADV_HUGEPAGE);
#endif
  return nullptr;
}

napi_value set_num_threads(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argument;
  int32_t n;
  CHECK(napi_get_cb_info(env, info, &argc, &argument, nullptr, nullptr));
  CHECK(napi_get_value_int32(env, argument, &n));
  fb_set_num_threads(n);
  return nullptr;
}

napi_value get_num_threads(napi_env env, napi_callback_info) {
  napi_value result;
  CHECK(napi_create_int32(env, fb_get_num_threads(), &result));
  return result;
}

// Tensors come and go by the megabyte. By default glibc gives such blocks back to the system at once, and the next one costs a page
// fault every 4 KB, often more than the arithmetic on it. Whoever has set glibc's own variables keeps their setting.
void keep_freed_memory() {
#if defined(__GLIBC__)
  if (getenv("MALLOC_MMAP_THRESHOLD_") || getenv("MALLOC_TRIM_THRESHOLD_") || getenv("GLIBC_TUNABLES")) return;
  if (!mallopt(M_MMAP_THRESHOLD, 64 << 20)) mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that older versions take
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

napi_value init(napi_env env, napi_value exports) {
  void *frame;
  napi_value buffer, array, isa, abi, function;
  static const bool once = (keep_freed_memory(), true);
  static_cast<void>(once);
  napi_ref keep;  // the frame lives as long as its environment
  CHECK(napi_create_arraybuffer(env, FB_FRAME_SLOTS * sizeof(double), &frame, &buffer));
  CHECK(napi_create_typedarray(env, napi_float64_array, FB_FRAME_SLOTS, buffer, 0, &array));
  CHECK(napi_create_reference(env, buffer, 1, &keep));
  CHECK(napi_set_named_property(env, exports, "frame", array));
  CHECK(napi_create_string_utf8(env, fb_isa(), NAPI_AUTO_LENGTH, &isa));
  CHECK(napi_set_named_property(env, exports, "isa", isa));
  CHECK(napi_create_int32(env, FB_ABI_VERSION, &abi));
  CHECK(napi_set_named_property(env, exports, "abiVersion", abi));
  const struct { const char *name; napi_callback callback; } functions[] = {
      {"call", call}, {"find", find}, {"kernelNames", kernel_names}, {"address", address},
      {"useLargePages", use_large_pages},
      {"setNumThreads", set_num_threads}, {"getNumThreads", get_num_threads}};
  for (const auto &f : functions) {
    CHECK(napi_create_function(env, f.name, NAPI_AUTO_LENGTH, f.callback, frame, &function));
    CHECK(napi_set_named_property(env, exports, f.name, function));
  }
  return exports;
}

}  // namespace

NAPI_MODULE(flambeau, init)
