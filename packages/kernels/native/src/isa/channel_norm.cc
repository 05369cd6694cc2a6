// Normalisations of contiguous (N, C, *) by statistics of channels: batch and group normalisation, which share their passes.
#include "../batch_norm.h"
#include "../group_norm.h"

namespace fb::FB_ISA {

FB_GROUP(channel_norm, FB_ENTRY("batch_norm", batch_norm), FB_ENTRY("batch_norm_backward", batch_norm_backward),
         FB_ENTRY("batch_norm_eval", batch_norm_eval), FB_ENTRY("batch_norm_eval_backward", batch_norm_eval_backward),
         FB_ENTRY("group_norm", group_norm), FB_ENTRY("group_norm_backward", group_norm_backward))

}  // namespace fb::FB_ISA
