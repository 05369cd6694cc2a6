// The process-wide thread pool. Chunks may depend on the number of threads where no sum does; threads decide who runs which chunk.
#pragma once
#include <stdint.h>

namespace fb {

/// Runs `task(context, i)` for every i in [0, chunks), on the caller and the pool. Returns when all are done.
/// A nested call, or one that finds the pool busy with another thread's work, runs its chunks inline.
void run_chunks(int64_t chunks, void (*task)(void *context, int64_t chunk), void *context);

/// How many threads the work of the calling thread may use, itself included. Default: all CPUs of the process.
void set_num_threads(int32_t n);
int32_t num_threads();

}  // namespace fb
