// The list of the groups of one ISA level, or of the portable ones, for dispatch.cc.
#include "kernel.h"

#if defined(FB_IS_PORTABLE)
#define FB_PORTABLE(group) FB_LISTED(group)
#define FB_LEVEL(group)
#else
#define FB_PORTABLE(group)
#define FB_LEVEL(group) FB_LISTED(group)
#endif

namespace fb::FB_ISA {
#define FB_LISTED(group) extern const Group group##_group;
#include "groups.def"
#undef FB_LISTED
extern const Group *const groups[];
const Group *const groups[] = {
#define FB_LISTED(group) &group##_group,
#include "groups.def"
    nullptr};
}  // namespace fb::FB_ISA
