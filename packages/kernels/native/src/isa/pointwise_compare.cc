// Comparisons, logic and tests of numbers: bool outputs; and where().
#include "../element.h"
#include "../elementwise.h"

namespace fb::FB_ISA {
namespace {

template <class Op, class T>
void compare(char *out, const char *const *in, int64_t n, const double *) {
  const T *a = reinterpret_cast<const T *>(in[0]), *b = reinterpret_cast<const T *>(in[1]);
  uint8_t *o = reinterpret_cast<uint8_t *>(out);
  FB_VECTORIZE
  for (int64_t i = 0; i < n; i++) o[i] = Op::of(a[i], b[i]);
}

template <class Op, class T>
void test(char *out, const char *const *in, int64_t n, const double *) {
  const T *a = reinterpret_cast<const T *>(in[0]);
  uint8_t *o = reinterpret_cast<uint8_t *>(out);
  FB_VECTORIZE
  for (int64_t i = 0; i < n; i++) o[i] = Op::of(a[i]);
}

#define FB_COMPARISON(name, expression) \
  struct name {                         \
    template <class T>                  \
    static bool of(T a, T b) { return expression; } \
  };
FB_COMPARISON(Eq, a == b)
FB_COMPARISON(Ne, a != b)
FB_COMPARISON(Lt, a < b)
FB_COMPARISON(Le, a <= b)
FB_COMPARISON(LogicalAnd, (a != 0) & (b != 0))
FB_COMPARISON(LogicalOr, (a != 0) | (b != 0))
FB_COMPARISON(LogicalXor, (a != 0) ^ (b != 0))

#define FB_TEST(name, expression) \
  struct name {                   \
    template <class T>            \
    static bool of(T a) { return expression; } \
  };
FB_TEST(Not, a == 0)
FB_TEST(IsNan, a != a)
FB_TEST(IsInf, a - a != a - a && a == a)
FB_TEST(IsFinite, a - a == a - a)

// Complex numbers are equal if both parts are.
template <class T, bool Equal>
void compare_pairs(char *out, const char *const *in, int64_t n, const double *) {
  const T *a = reinterpret_cast<const T *>(in[0]), *b = reinterpret_cast<const T *>(in[1]);
  uint8_t *o = reinterpret_cast<uint8_t *>(out);
  FB_VECTORIZE
  for (int64_t i = 0; i < n; i++) o[i] = ((a[2 * i] == b[2 * i]) & (a[2 * i + 1] == b[2 * i + 1])) == Equal;
}

template <class Op>
constexpr Functions comparison = {{compare<Op, float>, compare<Op, double>, nullptr, nullptr, compare<Op, int64_t>,
                                   compare<Op, int32_t>, compare<Op, int16_t>, compare<Op, int8_t>, compare<Op, uint8_t>,
                                   compare<Op, uint8_t>}};
template <class Op, bool Equal>
constexpr Functions equality = {{compare<Op, float>, compare<Op, double>, nullptr, nullptr, compare<Op, int64_t>,
                                 compare<Op, int32_t>, compare<Op, int16_t>, compare<Op, int8_t>, compare<Op, uint8_t>,
                                 compare<Op, uint8_t>, compare_pairs<float, Equal>, compare_pairs<double, Equal>}};
template <class Op>
constexpr Functions testing = {{test<Op, float>, test<Op, double>, nullptr, nullptr, test<Op, int64_t>, test<Op, int32_t>,
                                test<Op, int16_t>, test<Op, int8_t>, test<Op, uint8_t>, test<Op, uint8_t>}};

template <const Functions &Table>
int32_t binary(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b) {
  const fb_tensor *tensors[] = {out, a, b};
  return elementwise(Table, tensors, 3, kCheapGrain);
}
template <const Functions &Table>
int32_t reversed(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b) { return binary<Table>(out, b, a); }

template <const Functions &Table>
int32_t unary(const fb_tensor *out, const fb_tensor *self) {
  const fb_tensor *tensors[] = {out, self};
  return elementwise(Table, tensors, 2, kCheapGrain);
}

// Selects by element size; the bits of a number do not matter.
template <class T>
void select(char *out, const char *const *in, int64_t n, const double *) {
  const uint8_t *condition = reinterpret_cast<const uint8_t *>(in[0]);
  const T *a = reinterpret_cast<const T *>(in[1]), *b = reinterpret_cast<const T *>(in[2]);
  T *o = reinterpret_cast<T *>(out);
  FB_VECTORIZE
  for (int64_t i = 0; i < n; i++) o[i] = condition[i] ? a[i] : b[i];
}

int32_t where(const fb_tensor *out, const fb_tensor *condition, const fb_tensor *a, const fb_tensor *b) {
  typedef VectorOf<uint64_t, 16>::type Pair;
  const int64_t size = element_size(out->dtype);
  const BlockFunction f = size == 1   ? select<uint8_t>
                          : size == 2 ? select<uint16_t>
                          : size == 4 ? select<uint32_t>
                          : size == 8 ? select<uint64_t>
                                      : select<Pair>;
  const fb_tensor *tensors[] = {out, condition, a, b};
  run_elementwise(f, tensors, 4, kCheapGrain, nullptr, false);
  return FB_OK;
}

}  // namespace

FB_GROUP(pointwise_compare,
         FB_ENTRY("eq", binary<equality<Eq, true>>),
         FB_ENTRY("ne", binary<equality<Ne, false>>),
         FB_ENTRY("lt", binary<comparison<Lt>>),
         FB_ENTRY("le", binary<comparison<Le>>),
         FB_ENTRY("gt", reversed<comparison<Lt>>),
         FB_ENTRY("ge", reversed<comparison<Le>>),
         FB_ENTRY("logical_and", binary<comparison<LogicalAnd>>),
         FB_ENTRY("logical_or", binary<comparison<LogicalOr>>),
         FB_ENTRY("logical_xor", binary<comparison<LogicalXor>>),
         FB_ENTRY("logical_not", unary<testing<Not>>),
         FB_ENTRY("isnan", unary<testing<IsNan>>),
         FB_ENTRY("isinf", unary<testing<IsInf>>),
         FB_ENTRY("isfinite", unary<testing<IsFinite>>),
         FB_ENTRY("where", where))

}  // namespace fb::FB_ISA
