// A pool that is created on first use and never destroyed: a worker thread of Node that exits unmaps nothing it could run in.
// Workers spin for a short while after a job (kernels come in bursts), then sleep.
#include "threads.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fb {
namespace {

constexpr auto kSpin = std::chrono::microseconds(150);

inline void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

int32_t available_cpus() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  const unsigned n = std::thread::hardware_concurrency();
  return n ? static_cast<int32_t>(n) : 1;
}

class Pool {
 public:
  int32_t threads() const { return limit_ > 0 ? limit_ : cpus_; }
  void set_threads(int32_t n) { limit_ = n < 1 ? 1 : n; }

  void run(int64_t chunks, void (*task)(void *, int64_t), void *context) {
    const int32_t threads = this->threads();
    if (chunks <= 1 || threads <= 1 || inside_ || !busy_.try_lock()) {
      for (int64_t i = 0; i < chunks; i++) task(context, i);
      return;
    }
    inside_ = true;
    // A claim packs (generation, next chunk) in one word, so 2^32 chunks at a time.
    for (int64_t first = 0; first < chunks; first += kMaxChunks)
      run_batch(first, chunks - first < kMaxChunks ? chunks - first : kMaxChunks, threads, task, context);
    inside_ = false;
    busy_.unlock();
  }

 private:
  static constexpr int64_t kMaxChunks = int64_t{1} << 31;

  void run_batch(int64_t first, int64_t chunks, int32_t threads, void (*task)(void *, int64_t), void *context) {
    start_workers(threads - 1);
    // Retire the old word first: once chunks_ grows, a late worker could claim with it and read half-written fields.
    const uint64_t last = claim_.load(std::memory_order_relaxed) >> 32;
    claim_.store(last << 32 | UINT32_MAX, std::memory_order_seq_cst);
    first_ = first;
    chunks_ = static_cast<uint32_t>(chunks);
    task_ = task;
    context_ = context;
    helpers_ = threads - 1;
    done_.store(0, std::memory_order_relaxed);
    const uint64_t generation = last + 1;
    claim_.store(generation << 32, std::memory_order_seq_cst);
    if (sleeping_.load(std::memory_order_seq_cst) > 0) {
      std::lock_guard<std::mutex> lock(mutex_);
      wake_.notify_all();
    }
    drain(static_cast<uint32_t>(generation));
    while (done_.load(std::memory_order_acquire) != static_cast<uint32_t>(chunks)) relax();
  }

  // The system may refuse a thread (a limit on processes, memory): then the threads there are do the work.
  void start_workers(int32_t wanted) {
    while (workers_ < wanted && !refused_) try {
        std::thread([this, index = workers_] { work(index); }).detach();
        workers_++;
      } catch (const std::system_error &) {
        refused_ = true;
      }
  }

  // Claims and runs chunks of one generation until none is left. A successful claim proves that the job is still current, so
  // its fields may be read only after it.
  void drain(uint32_t generation) {
    uint64_t word = claim_.load(std::memory_order_acquire);
    for (;;) {
      const uint32_t next = static_cast<uint32_t>(word);
      if (static_cast<uint32_t>(word >> 32) != generation || next >= chunks_.load(std::memory_order_acquire)) return;
      if (!claim_.compare_exchange_weak(word, word + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
      task_(context_, first_ + next);
      done_.fetch_add(1, std::memory_order_release);
      word = claim_.load(std::memory_order_acquire);
    }
  }

  void work(int32_t index) {
    inside_ = true;  // a kernel called from a chunk never waits for the pool it runs in
    uint32_t seen = 0;
    for (;;) {
      const auto until = std::chrono::steady_clock::now() + kSpin;
      for (int spins = 1; generation() == seen; spins++) {
        relax();
        if (spins % 64 == 0 && std::chrono::steady_clock::now() > until) {
          std::unique_lock<std::mutex> lock(mutex_);
          sleeping_.fetch_add(1, std::memory_order_seq_cst);
          wake_.wait(lock, [&] { return generation() != seen; });
          sleeping_.fetch_sub(1, std::memory_order_seq_cst);
        }
      }
      seen = generation();
      if (index < helpers_.load(std::memory_order_relaxed)) drain(seen);
    }
  }

  uint32_t generation() const { return static_cast<uint32_t>(claim_.load(std::memory_order_seq_cst) >> 32); }

  static thread_local bool inside_;
  static thread_local int32_t limit_;  // 0: all CPUs
  const int32_t cpus_ = available_cpus();
  std::mutex busy_, mutex_;
  std::condition_variable wake_;
  std::atomic<int32_t> sleeping_{0}, helpers_{0};
  int32_t workers_ = 0;
  bool refused_ = false;
  alignas(64) std::atomic<uint64_t> claim_{0};
  alignas(64) std::atomic<uint32_t> done_{0};
  // Written before a generation is published; read after a successful claim (chunks_ also before one, hence atomic).
  alignas(64) int64_t first_ = 0;
  std::atomic<uint32_t> chunks_{0};
  void (*task_)(void *, int64_t) = nullptr;
  void *context_ = nullptr;
};

thread_local bool Pool::inside_ = false;
thread_local int32_t Pool::limit_ = 0;

Pool &pool() {
  static Pool *const instance = new Pool;  // leaked on purpose
  return *instance;
}

}  // namespace

void run_chunks(int64_t chunks, void (*task)(void *, int64_t), void *context) { pool().run(chunks, task, context); }
void set_num_threads(int32_t n) { pool().set_threads(n); }
int32_t num_threads() { return pool().threads(); }

}  // namespace fb
