// What every file in isa/ is made of: the ISA's namespace, parallel loops, scratch memory, and the entry table that turns a
// typed C++ kernel into one that reads its arguments from a frame (see flambeau.h). Files in isa/ are compiled once per ISA
// level with FB_ISA naming the level; they use no template of the standard library, because the linker would keep one copy for
// all levels, with the widest level's instructions in it.
#pragma once
#include <stdint.h>
#include <stdlib.h>

#include "../include/flambeau.h"
#include "threads.h"

#ifndef FB_ISA
#error "files in isa/ are compiled with -DFB_ISA=<level>"
#endif

namespace fb {

/// One callable kernel.
struct Entry {
  const char *name;
  int32_t (*call)(const double *arguments);
};
struct Group {
  const Entry *entries;
  int32_t count;
};

/// Details of the error that the running kernel is about to return; read by fb_call.
void set_error_details(double a, double b = 0, double c = 0);
// Static: one weak copy for all levels could hold instructions that the machine lacks.
static inline int32_t unsupported_dtype(int32_t dtype) {
  set_error_details(dtype);
  return FB_UNSUPPORTED_DTYPE;
}
static inline int32_t index_out_of_range(int64_t index, int64_t size, int64_t position) {
  set_error_details(static_cast<double>(index), static_cast<double>(size), static_cast<double>(position));
  return FB_INDEX_OUT_OF_RANGE;
}
static inline int32_t out_of_memory(int64_t bytes) {
  set_error_details(static_cast<double>(bytes));
  return FB_OUT_OF_MEMORY;
}

namespace FB_ISA {
namespace {

/// Calls `body(begin, end)` over [0, n) in chunks of `grain` (the last may be short). Bounds depend on n and grain only.
template <class Body>
inline void parallel_for(int64_t n, int64_t grain, const Body &body) {
  if (n <= 0) return;
  if (n <= grain) return body(int64_t{0}, n);
  struct Context {
    const Body *body;
    int64_t n, grain;
  } context{&body, n, grain};
  run_chunks(
      (n + grain - 1) / grain,
      [](void *c, int64_t i) {
        const Context &x = *static_cast<const Context *>(c);
        const int64_t begin = i * x.grain, end = begin + x.grain;
        (*x.body)(begin, end < x.n ? end : x.n);
      },
      &context);
}

inline int64_t numel(const fb_tensor *t) {
  int64_t n = 1;
  for (int d = 0; d < t->ndim; d++) n *= t->dims[d];
  return n;
}

inline bool is_contiguous(const fb_tensor *t) {
  int64_t expected = 1;
  for (int d = t->ndim - 1; d >= 0; d--) {
    if (t->dims[d] != 1 && t->strides[d] != expected) return false;
    expected *= t->dims[d];
  }
  return true;
}

/// 64-byte aligned scratch memory, freed at the end of the block. `data` is null if the system has none left.
struct Scratch {
  void *data;
  explicit Scratch(int64_t bytes) : data(aligned_alloc(64, static_cast<size_t>((bytes + 127) / 64 * 64))) {}
  ~Scratch() { free(data); }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;
  template <class T>
  T *as() const { return static_cast<T *>(data); }
};

// ---- reading arguments from a frame ----

struct Cursor {
  const double *at;
  double next() { return *at++; }
};

template <class T>
struct Argument {  // integers, bool, double
  T value;
  explicit Argument(Cursor &c) : value(static_cast<T>(c.next())) {}
  T get() const { return value; }
};

// Not inlined: hundreds of kernels read two to ten tensors each.
[[gnu::noinline]] inline void read_tensor(Cursor &c, fb_tensor &t) {
  t.data = reinterpret_cast<void *>(static_cast<uintptr_t>(c.next()));
  if (!t.data) return;
  t.dtype = static_cast<int32_t>(c.next());
  t.ndim = static_cast<int32_t>(c.next());
  for (int d = 0; d < t.ndim; d++) t.dims[d] = static_cast<int64_t>(c.next());
  for (int d = 0; d < t.ndim; d++) t.strides[d] = static_cast<int64_t>(c.next());
}

template <>
struct Argument<const fb_tensor *> {
  fb_tensor value;
  explicit Argument(Cursor &c) { read_tensor(c, value); }
  const fb_tensor *get() const { return value.data ? &value : nullptr; }
};

template <>
struct Argument<fb_tensors> {
  int64_t count;
  fb_tensor *items;
  explicit Argument(Cursor &c) : count(static_cast<int64_t>(c.next())) {
    items = static_cast<fb_tensor *>(malloc(sizeof(fb_tensor) * static_cast<size_t>(count + 1)));
    for (int64_t i = 0; i < count; i++) read_tensor(c, items[i]);
  }
  ~Argument() { free(items); }
  fb_tensors get() const { return {count, items}; }
};

template <>
struct Argument<fb_numbers> {
  fb_numbers value;
  explicit Argument(Cursor &c) {
    value.count = static_cast<int64_t>(c.next());
    value.items = c.at;
    c.at += value.count;
  }
  fb_numbers get() const { return value; }
};

template <class... A>
struct Invoke {
  int32_t status;
  Invoke(int32_t (*kernel)(A...), const Argument<A> &...arguments) : status(kernel(arguments.get()...)) {}
};

template <auto Kernel>
struct Bound;
template <class... A, int32_t (*Kernel)(A...)>
struct Bound<Kernel> {
  static int32_t call(const double *arguments) {
    Cursor c{arguments};
    return Invoke<A...>{Kernel, Argument<A>(c)...}.status;  // braces: evaluated from left to right
  }
};

}  // namespace
}  // namespace FB_ISA
}  // namespace fb

/// One line of a group's table: the kernel's name and its typed function (any template instance).
#define FB_ENTRY(name, ...) {name, ::fb::FB_ISA::Bound<&__VA_ARGS__>::call}
/// Closes a file: `FB_GROUP(reduce, FB_ENTRY("sum", sum), …)`, inside namespace fb::FB_ISA. Groups are listed in groups.def.
#define FB_GROUP(group, ...)                                    \
  static const Entry group##_table[] = {__VA_ARGS__};           \
  extern const Group group##_group;                             \
  const Group group##_group = {group##_table, static_cast<int32_t>(sizeof(group##_table) / sizeof(Entry))};
