// The driver of all elementwise kernels. An operation is written once per dtype as a loop over contiguous blocks; the driver
// brings strided, broadcast and half-precision operands into that form through small buffers that stay in the L1 cache.
#pragma once
#include "convert.h"
#include "broadcast_loop.h"

namespace fb::FB_ISA {
namespace {

/// Computes n elements from contiguous inputs. The output may be one of the inputs.
typedef void (*BlockFunction)(char *out, const char *const *in, int64_t n, const double *scalars);

/// Lets the compiler vectorise a loop whose output may be one of its inputs.
#if defined(__clang__)
#define FB_VECTORIZE _Pragma("clang loop vectorize(assume_safety)")
#else
#define FB_VECTORIZE _Pragma("GCC ivdep")
#endif

/// Elements per chunk of parallel work.
constexpr int64_t kCheapGrain = 32768, kMathGrain = 8192;

constexpr int64_t kBlock = 512;

inline void gather(void *to, const char *from, int64_t stride, int64_t n, int64_t size) {
  const auto loop = [&](auto element) {
    typedef decltype(element) E;
    E *out = static_cast<E *>(to);
    for (int64_t i = 0; i < n; i++) memcpy(out + i, from + i * stride, sizeof(E));
  };
  switch (size) {
    case 1: return loop(uint8_t{});
    case 2: return loop(uint16_t{});
    case 4: return loop(uint32_t{});
    case 8: return loop(uint64_t{});
    default: return loop(VectorOf<uint64_t, 16>::type{});
  }
}

inline void scatter(char *to, const void *from, int64_t stride, int64_t n, int64_t size) {
  const auto loop = [&](auto element) {
    typedef decltype(element) E;
    const E *in = static_cast<const E *>(from);
    for (int64_t i = 0; i < n; i++) memcpy(to + i * stride, in + i, sizeof(E));
  };
  switch (size) {
    case 1: return loop(uint8_t{});
    case 2: return loop(uint16_t{});
    case 4: return loop(uint32_t{});
    case 8: return loop(uint64_t{});
    default: return loop(VectorOf<uint64_t, 16>::type{});
  }
}

inline bool is_half(int32_t dtype) { return dtype == FB_FLOAT16 || dtype == FB_BFLOAT16; }

/// One elementwise call: tensors[0] is the output. With `widen`, half-precision operands reach the function as float.
struct Elementwise {
  BroadcastLoop loop;
  BlockFunction function;
  const double *scalars;
  int64_t sizes[kMaxOperands];
  int32_t dtypes[kMaxOperands];
  bool direct[kMaxOperands], widened[kMaxOperands], all_direct = true;

  Elementwise(BlockFunction f, const fb_tensor *const *tensors, int count, const double *s, bool widen)
      : loop(tensors, count), function(f), scalars(s) {
    for (int k = 0; k < count; k++) {
      dtypes[k] = tensors[k]->dtype;
      sizes[k] = item_size(dtypes[k]);
      widened[k] = widen && is_half(dtypes[k]);
      direct[k] = !widened[k] && (loop.inner(k) == sizes[k] || loop.n == 1);
      all_direct = all_direct && direct[k];
    }
  }

  void run(int64_t grain) const {
    parallel_for(loop.n, grain, [this](int64_t begin, int64_t end) {
      if (all_direct) {
        loop.rows(begin, end, [this](char *const *at, int64_t n) { function(at[0], at + 1, n, scalars); });
      } else {
        run_buffered(begin, end);
      }
    });
  }

 private:
  struct Buffers {
    alignas(64) char bytes[kMaxOperands][kBlock * 16];
    alignas(64) char raw[kBlock * 2];                   // half-precision elements on their way
    const char *repeated[kMaxOperands] = {};  // the element that fills the buffer of an operand of stride 0 …
    int64_t filled[kMaxOperands] = {};        // … and how often
  };

  __attribute__((noinline)) void run_buffered(int64_t begin, int64_t end) const {
    Buffers b;
    loop.rows(begin, end, [&](char *const *at, int64_t length) {
      for (int64_t i = 0; i < length; i += kBlock) {
        const int64_t n = length - i < kBlock ? length - i : kBlock;
        const char *in[kMaxOperands];
        for (int k = 1; k < loop.count; k++) in[k - 1] = read(b, k, at[k] + i * loop.inner(k), n, length);
        char *out = at[0] + i * loop.inner(0);
        if (direct[0]) {
          function(out, in, n, scalars);
        } else {
          function(b.bytes[0], in, n, scalars);
          write(b, out, n);
        }
      }
    });
  }

  const char *read(Buffers &b, int k, const char *from, int64_t n, int64_t row) const {
    if (direct[k]) return from;
    const int64_t stride = loop.inner(k);
    if (stride == 0) {
      if (b.repeated[k] == from && b.filled[k] >= n) return b.bytes[k];
      b.repeated[k] = from;
      b.filled[k] = n = row < kBlock ? row : kBlock;
    }
    if (!widened[k]) {
      gather(b.bytes[k], from, stride, n, sizes[k]);
    } else if (stride == 2) {
      widen(reinterpret_cast<float *>(b.bytes[k]), from, n, dtypes[k]);
    } else {
      gather(b.raw, from, stride, n, 2);
      widen(reinterpret_cast<float *>(b.bytes[k]), b.raw, n, dtypes[k]);
    }
    return b.bytes[k];
  }

  void write(Buffers &b, char *to, int64_t n) const {
    const char *from = b.bytes[0];
    const int64_t stride = loop.inner(0);
    if (widened[0]) {
      char *target = stride == 2 ? to : b.raw;
      narrow(target, reinterpret_cast<const float *>(from), n, dtypes[0]);
      if (stride == 2) return;
      from = b.raw;
    }
    scatter(to, from, stride, n, sizes[0]);
  }
};

/// Functions of one operation by dtype; nullptr = unsupported. Half-precision dtypes use the float32 entry.
struct Functions {
  BlockFunction of[12];
};

/// Runs the operation on `tensors` (output first); `functions` are looked up by the first input's dtype.
inline int32_t elementwise(const Functions &functions, const fb_tensor *const *tensors, int count, int64_t grain,
                           const double *scalars = nullptr) {
  const int32_t dtype = tensors[1]->dtype;
  const BlockFunction f = functions.of[is_half(dtype) ? FB_FLOAT32 : dtype];
  if (!f) return unsupported_dtype(dtype);
  Elementwise(f, tensors, count, scalars, true).run(grain);
  return FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
