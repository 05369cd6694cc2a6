// Elementary functions of float32 at every ISA level of this machine, compared with the C library's in double:
// `sweep <step> <threads> [function…]` takes every `step`-th of the 2^32 floats (1: all of them; levels below the machine's own take
// each eighth block of them), prints the largest error of each function in units in the last place and where it is, and ends with 1
// if one is above the bound that the table below states.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atomic>
#include <bit>
#include <mutex>
#include <thread>
#include <vector>

#define FB_ISA sweep
#include "../src/kernel.h"

namespace fb {

#define FB_DECLARE_LEVEL(level)       \
  namespace level {                   \
  extern const Group *const groups[]; \
  }
#if defined(__x86_64__)
FB_DECLARE_LEVEL(x86_64_v2)
FB_DECLARE_LEVEL(x86_64_v3)
FB_DECLARE_LEVEL(x86_64_v4)
#else
FB_DECLARE_LEVEL(aarch64)
#endif
FB_DECLARE_LEVEL(portable)

}  // namespace fb

namespace {

// ---- the functions, their exact values and their bounds ----

double normal_cdf(double x) { return 0.5 * erfc(-x * M_SQRT1_2); }
double logistic(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }
double softplus(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }
double log_sigmoid(double x) { return (x < 0 ? x : 0) - log1p(exp(-fabs(x))); }
double gelu_tanh(double x) { return x * logistic(sqrt(8 / M_PI) * (x + 0.044715 * x * x * x)); }
double mish(double x) {  // x tanh(log(1 + e^x))
  const double e = exp(x > 40 ? 40 : x), n = e * (e + 2);
  return x * (n / (n + 2));
}

struct Function {
  const char *name;
  double (*exact)(double);
  double bound;  // units in the last place of the exact value
  std::vector<double> scalars = {};
};

const std::vector<Function> functions = {
    {"exp", exp, 1.25},
    {"exp2", exp2, 1},
    {"expm1", expm1, 1},
    {"log", log, 1},
    {"log2", log2, 1},
    {"log10", log10, 1},
    {"log1p", log1p, 1},
    {"sqrt", sqrt, 0.5},
    {"rsqrt", [](double x) { return 1 / sqrt(x); }, 1.5},
    {"reciprocal", [](double x) { return 1 / x; }, 0.5},
    {"sin", sin, 1},
    {"cos", cos, 1},
    {"tan", tan, 1},
    {"asin", asin, 1},
    {"acos", acos, 1},
    {"atan", atan, 1},
    {"sinh", sinh, 1},
    {"cosh", cosh, 1},
    {"tanh", tanh, 2},
    {"asinh", asinh, 1},
    {"acosh", acosh, 1},
    {"atanh", atanh, 1},
    {"erf", erf, 2.5},
    {"erfc", erfc, 6},
    {"lgamma", lgamma, 1},
    {"ndtr", normal_cdf, 1},
    {"sigmoid", logistic, 2.5},
    {"log_sigmoid", log_sigmoid, 2},
    {"softplus", [](double x) { return x > 20 ? x : softplus(x); }, 2, {1, 20}},
    {"elu", [](double x) { return x > 0 ? x : expm1(x); }, 1, {1}},
    {"silu", [](double x) { return x * logistic(x); }, 2.5},
    {"gelu", [](double x) { return x * normal_cdf(x); }, 7},
    {"gelu_tanh", gelu_tanh, 2},
    {"mish", mish, 2},
    {"pow_scalar", [](double x) { return pow(x, 1.75); }, 1, {1.75}},
    {"pow_scalar", [](double x) { return pow(x, -3); }, 1, {-3}},
};

// ---- kernels ----

typedef int32_t (*Kernel)(const double *arguments);
struct Level {
  const char *name;
  const fb::Group *const *groups;
};

/// The widest first.
std::vector<Level> levels_of_this_machine() {
  std::vector<Level> levels;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) levels.push_back({"x86-64-v4", fb::x86_64_v4::groups});
  if (__builtin_cpu_supports("x86-64-v3")) levels.push_back({"x86-64-v3", fb::x86_64_v3::groups});
  levels.push_back({"x86-64-v2", fb::x86_64_v2::groups});
#else
  levels.push_back({"aarch64", fb::aarch64::groups});
#endif
  levels.push_back({"portable", fb::portable::groups});
  return levels;
}

Kernel find(const Level &level, const char *name) {
  for (const fb::Group *const *group = level.groups; *group; group++)
    for (int32_t i = 0; i < (*group)->count; i++)
      if (strcmp((*group)->entries[i].name, name) == 0) return (*group)->entries[i].call;
  return nullptr;
}

void call(Kernel kernel, float *out, const float *in, int64_t n, const std::vector<double> &scalars) {
  const auto address = [](const void *p) { return static_cast<double>(reinterpret_cast<uintptr_t>(p)); };
  const double count = static_cast<double>(n);
  std::vector<double> frame = {address(out), FB_FLOAT32, 1, count, 1, address(in), FB_FLOAT32, 1, count, 1};
  frame.insert(frame.end(), scalars.begin(), scalars.end());
  if (kernel(frame.data()) != FB_OK) abort();
}

// ---- errors ----

/// The distance from the exact value in units in its last place; infinite if only one of them is NaN, or if they are zeros of different
/// signs.
double error(float got, double exact) {
  if (got != got || exact != exact) return (got != got) == (exact != exact) ? 0 : HUGE_VAL;
  if (got == 0 && exact == 0) return signbit(got) == signbit(exact) ? 0 : HUGE_VAL;
  const double end = 0x1p128;  // an infinity stands for the number behind the last one
  const double value = isinf(got) ? copysign(end, got) : got, wanted = fabs(exact) > end ? copysign(end, exact) : exact;
  const int64_t exponent = std::bit_cast<int64_t>(wanted) >> 52 & 0x7ff, least = 1023 - 126, most = 1023 + 127;
  const int64_t units = 2 * 1023 + 23 - (exponent < least ? least : exponent > most ? most : exponent);
  return fabs(value - wanted) * std::bit_cast<double>(units << 52);
}

struct Worst {
  double error = 0.5;  // of exact values that are rounded
  float at = 0, got = 0;
};

/// Compares blocks of inputs; one per thread.
class Comparison {
 public:
  Comparison(const Function &f, const std::vector<Kernel> &k) : worst(k.size()), function(f), kernels(k) {}

  std::vector<Worst> worst;  // per kernel

  void block(const std::vector<float> &in, size_t levels) {
    out.resize(in.size()), exact.resize(in.size()), rounded.resize(in.size());
    for (size_t i = 0; i < in.size(); i++) exact[i] = function.exact(in[i]);
    for (size_t i = 0; i < in.size(); i++) rounded[i] = static_cast<float>(exact[i]);
    for (size_t k = 0; k < levels; k++) {
      call(kernels[k], out.data(), in.data(), static_cast<int64_t>(in.size()), function.scalars);
      for (size_t i = 0; i < in.size(); i++) {
        if (std::bit_cast<int32_t>(out[i]) == std::bit_cast<int32_t>(rounded[i])) continue;
        if (const double e = error(out[i], exact[i]); e > worst[k].error) worst[k] = {e, in[i], out[i]};
      }
    }
  }

 private:
  const Function &function;
  const std::vector<Kernel> &kernels;
  std::vector<float> out, rounded;
  std::vector<double> exact;
};

/// The largest error of each kernel over every `step`-th float and the special values.
std::vector<Worst> sweep(const Function &function, const std::vector<Kernel> &kernels, uint64_t step, int threads) {
  constexpr uint64_t kBlock = 1 << 14, kFloats = uint64_t{1} << 32;
  const std::vector<float> special = {0.0f, -0.0f, HUGE_VALF, -HUGE_VALF, NAN,  0x1p-149f, -0x1p-149f, 0x1p-126f, 0x1.fffffep127f,
                                      -0x1.fffffep127f, 1.0f, -1.0f, 0.5f, 2.0f};
  Comparison all(function, kernels);
  all.block(special, kernels.size());
  std::atomic<uint64_t> next{0};
  std::mutex mutex;
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; i++)
    workers.emplace_back([&] {
      fb::set_num_threads(1);
      Comparison mine(function, kernels);
      std::vector<float> in;
      for (uint64_t bits; (bits = next.fetch_add(kBlock * step)) < kFloats;) {
        in.clear();
        for (uint64_t b = bits; in.size() < kBlock && b < kFloats; b += step)
          in.push_back(std::bit_cast<float>(static_cast<uint32_t>(b)));
        mine.block(in, bits / step / kBlock % 8 == 0 ? kernels.size() : 1);
      }
      const std::lock_guard<std::mutex> lock(mutex);
      for (size_t k = 0; k < kernels.size(); k++)
        if (mine.worst[k].error > all.worst[k].error) all.worst[k] = mine.worst[k];
    });
  for (std::thread &worker : workers) worker.join();
  return all.worst;
}

}  // namespace

int main(int count, char **arguments) {
  if (count < 3) return 2;
  const uint64_t step = strtoull(arguments[1], nullptr, 10);
  const int threads = atoi(arguments[2]);
  const std::vector<Level> levels = levels_of_this_machine();
  bool good = true;
  for (const Function &function : functions) {
    bool wanted = count == 3;
    for (int i = 3; i < count; i++) wanted |= strcmp(arguments[i], function.name) == 0;
    if (!wanted) continue;
    std::vector<Kernel> kernels;
    std::vector<const char *> names;
    for (const Level &level : levels)
      if (const Kernel kernel = find(level, function.name)) kernels.push_back(kernel), names.push_back(level.name);
    if (kernels.empty()) return fprintf(stderr, "no kernel %s\n", function.name), 2;
    const std::vector<Worst> found = sweep(function, kernels, step, threads);
    for (size_t k = 0; k < kernels.size(); k++) {
      const Worst &worst = found[k];
      const bool within = worst.error <= function.bound;
      good &= within;
      printf("%-12s %-10s %6.3f of %3.1f at %.9g (%.9g there)%s\n", function.name, names[k], worst.error, function.bound, worst.at,
             worst.got, within ? "" : "  ABOVE");
    }
    fflush(stdout);
  }
  return good ? 0 : 1;
}
