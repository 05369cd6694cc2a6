// Memory that a thread keeps from one kernel call to the next, because fresh pages cost more than filling them.
#pragma once
#include "kernel.h"

namespace fb::FB_ISA {

/// Who uses it: a chunk of parallel work (on any thread), or a whole call (on the thread that makes it).
enum class MemoryFor { kChunk, kCall };

/// At least `bytes`, 64-byte aligned, valid until the thread's next request for the same use; null if the system has none.
/// Large requests are not kept beyond the next one. Defined in isa/matmul.cc.
void *thread_memory(MemoryFor use, int64_t bytes);

namespace {

/// parallel_for whose body also gets `bytes` of its thread's memory: `body(begin, end, memory)`.
template <class Body>
inline int32_t parallel_with_memory(int64_t n, int64_t grain, int64_t bytes, const Body &body) {
  bool failed = false;
  parallel_for(n, grain, [&](int64_t begin, int64_t end) {
    if (void *memory = thread_memory(MemoryFor::kChunk, bytes))
      body(begin, end, memory);
    else
      __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
  });
  return failed ? out_of_memory(bytes) : int32_t{FB_OK};
}

}  // namespace
}  // namespace fb::FB_ISA
