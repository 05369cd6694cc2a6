// Stress of the thread pool: `pool <threads> <seconds>` runs jobs of changing size back to back and counts how often each chunk ran;
// with `refuse` as third argument the system has no memory left for another thread's stack.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>

#include "../src/threads.h"

namespace {

constexpr int kChunks = 64;
struct Job {
  int chunks = 0;
  std::atomic<int> runs[kChunks];
  std::atomic<int> foreign{0};
};

void refuse_threads() {
  long pages = 0;
  if (FILE *file = fopen("/proc/self/statm", "r")) {
    if (fscanf(file, "%ld", &pages) != 1) pages = 0;
    fclose(file);
  }
  const rlim_t bytes = static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE)) + (1 << 20);
  const rlimit limit = {bytes, bytes};
  setrlimit(RLIMIT_AS, &limit);
}

}  // namespace

int main(int count, char **arguments) {
  if (count < 3) return 2;
  fb::set_num_threads(atoi(arguments[1]));
  if (count > 3 && strcmp(arguments[3], "refuse") == 0) refuse_threads();
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(atof(arguments[2]));
  static Job jobs[2];  // a late worker would still meet the job before last
  long done = 0, wrong = 0;
  for (; std::chrono::steady_clock::now() < until; done++) {
    Job &job = jobs[done % 2];
    job.chunks = done % 2 ? 48 : 2;
    for (auto &runs : job.runs) runs = 0;
    job.foreign = 0;
    fb::run_chunks(
        job.chunks,
        [](void *context, int64_t chunk) {
          Job &j = *static_cast<Job *>(context);
          if (chunk < j.chunks) j.runs[chunk]++;
          else j.foreign++;
        },
        &job);
    for (int i = 0; i < kChunks; i++) wrong += job.runs[i] != (i < job.chunks ? 1 : 0);
    wrong += job.foreign;
  }
  printf("%ld jobs, %ld wrong\n", done, wrong);
  fflush(stdout);
  _exit(wrong != 0);  // the pool's threads are never joined
}
