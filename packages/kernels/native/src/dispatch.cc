// Chooses the ISA level once, finds kernels by name and calls them.
#include <stdlib.h>
#include <string.h>

#include <initializer_list>

#include "../include/flambeau.h"
#include "threads.h"

namespace fb {

struct Entry {
  const char *name;
  int32_t (*call)(const double *arguments);
};
struct Group {
  const Entry *entries;
  int32_t count;
};

#if defined(__x86_64__)
#define FB_LEVELS(X) X(x86_64_v4) X(x86_64_v3) X(x86_64_v2)
#elif defined(__aarch64__)
#define FB_LEVELS(X) X(aarch64)
#endif

#define FB_DECLARE_LEVEL(level) \
  namespace level {             \
  extern const Group *const groups[]; \
  }
FB_LEVELS(FB_DECLARE_LEVEL)
FB_DECLARE_LEVEL(portable)

namespace {

struct Level {
  const char *name;
  const Group *const *groups;
  bool supported;
};

const Level &level() {
  static const Level chosen = [] {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd");
    const Level levels[] = {{"x86-64-v4", x86_64_v4::groups, v4}, {"x86-64-v3", x86_64_v3::groups, v3}, {"x86-64-v2", x86_64_v2::groups, true}};
#else
    const Level levels[] = {{"aarch64", aarch64::groups, true}};
#endif
    const char *forced = getenv("FLAMBEAU_ISA");
    for (const Level &l : levels)
      if (l.supported && forced && strcmp(forced, l.name) == 0) return l;
    for (const Level &l : levels)
      if (l.supported) return l;
    return levels[0];
  }();
  return chosen;
}

thread_local double error_details[3];

const Entry *entry(int32_t id) {
  for (const Group *const *groups : {level().groups, portable::groups})
    for (; *groups; groups++) {
      if (id < (*groups)->count) return &(*groups)->entries[id];
      id -= (*groups)->count;
    }
  return nullptr;
}

// A flat copy, so that a call costs one load.
struct Table {
  const Entry **entries;
  int32_t count = 0;
  Table() {
    while (entry(count)) count++;
    entries = static_cast<const Entry **>(malloc(sizeof(Entry *) * static_cast<size_t>(count + 1)));
    for (int32_t i = 0; i < count; i++) entries[i] = entry(i);
  }
};
const Table &table() {
  static const Table t;
  return t;
}

}  // namespace

void set_error_details(double a, double b, double c) {
  error_details[0] = a, error_details[1] = b, error_details[2] = c;
}

}  // namespace fb

extern "C" {

int32_t fb_find(const char *name) {
  const fb::Table &t = fb::table();
  for (int32_t i = 0; i < t.count; i++)
    if (strcmp(t.entries[i]->name, name) == 0) return i;
  return -1;
}

const char *fb_name(int32_t id) { return id >= 0 && id < fb::table().count ? fb::table().entries[id]->name : nullptr; }

void fb_call(double *frame) {
  const int32_t status = fb::table().entries[static_cast<int32_t>(frame[0])]->call(frame + 1);
  frame[0] = status;
  if (status != FB_OK) memcpy(frame + 1, fb::error_details, sizeof fb::error_details);
}

void fb_set_num_threads(int32_t n) { fb::set_num_threads(n); }
int32_t fb_get_num_threads(void) { return fb::num_threads(); }
const char *fb_isa(void) { return fb::level().name; }
}
