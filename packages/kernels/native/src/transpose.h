// Copies whose input runs along another dimension than their output, or the other way round; see portable/transpose.cc.
#pragma once
#include <stdint.h>

#include "../include/flambeau.h"

namespace fb::portable {

/// Copies `self`, which broadcasts, to `out`, of the same dtype. False, without a write, if their layouts ask for no transposition.
bool copy_transposed(const fb_tensor *out, const fb_tensor *self);

/// Copies n elements of `size` bytes, the first of which is the input's last one: at `from`, the others before it.
void copy_reversed(char *to, const char *from, int64_t n, int64_t size);

}  // namespace fb::portable
