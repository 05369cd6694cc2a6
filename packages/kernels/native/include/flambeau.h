/* The C ABI of the Flambeau kernels.
 *
 * A kernel is found once by name (fb_find) and called through a frame of doubles (fb_call). A frame is what a caller in any
 * language can fill without marshalling: Node-API and WebAssembly hosts share it as a Float64Array, C++ tests as an array.
 *
 *   frame[0]   in: the kernel's id; out: its status (FB_OK or an error)
 *   frame[1…]  in: the arguments in the order of the kernel's C++ signature; out, on an error: its details
 *
 * One argument takes:
 *   integer, double, bool    1 slot, as a double (an integer is exact up to 2^53)
 *   tensor                   [address, dtype, ndim, dims × ndim, strides × ndim]; strides in elements; address 0 alone = absent
 *   list of tensors          [count, tensor × count]
 *   list of numbers          [count, number × count]
 *
 * Outputs come first, then inputs, then attributes. The caller allocates outputs and has validated everything but the values
 * of index tensors, which kernels check before they write anything. Kernels throw no exceptions and keep no state but the
 * thread pool, working memory and a few plans of Fourier transforms. Numbers of threads never change a result.
 */
#ifndef FLAMBEAU_H
#define FLAMBEAU_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FB_ABI_VERSION 1
#define FB_MAX_DIMS 16
#define FB_FRAME_SLOTS 16384

typedef enum {
  FB_FLOAT32 = 0, FB_FLOAT64 = 1, FB_FLOAT16 = 2, FB_BFLOAT16 = 3, FB_INT64 = 4, FB_INT32 = 5,
  FB_INT16 = 6, FB_INT8 = 7, FB_UINT8 = 8, FB_BOOL = 9, FB_COMPLEX64 = 10, FB_COMPLEX128 = 11,
} fb_dtype;

typedef enum {
  FB_OK = 0,
  FB_UNSUPPORTED_DTYPE = 1,   /* details: dtype */
  FB_INDEX_OUT_OF_RANGE = 2,  /* details: the index, the size it must stay below, the position (element number) it stands at */
  FB_OUT_OF_MEMORY = 3,       /* details: bytes wanted */
} fb_status;

/* A strided view of memory. Strides count elements and may be zero or negative. */
typedef struct {
  void *data;
  int32_t dtype, ndim;
  int64_t dims[FB_MAX_DIMS], strides[FB_MAX_DIMS];
} fb_tensor;

typedef struct { int64_t count; const fb_tensor *items; } fb_tensors;
typedef struct { int64_t count; const double *items; } fb_numbers;

/* The id of a kernel, -1 if there is none of this name. */
int32_t fb_find(const char *name);
/* The name of kernel `id`, NULL past the last one. */
const char *fb_name(int32_t id);
/* Runs the kernel that frame[0] names and leaves its status there. Safe to call from several threads at once. */
void fb_call(double *frame);
/* Threads that kernels called from this thread may use, itself included. Default: the number of CPUs of the process. */
void fb_set_num_threads(int32_t n);
int32_t fb_get_num_threads(void);
/* The instruction-set level in use: "x86-64-v2", "x86-64-v3", "x86-64-v4" or "aarch64". FLAMBEAU_ISA forces a lower one. */
const char *fb_isa(void);

#ifdef __cplusplus
}
#endif
#endif
