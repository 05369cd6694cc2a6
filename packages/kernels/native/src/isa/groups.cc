// The list of this ISA level's groups, for dispatch.cc.
#include "../kernel.h"

namespace fb::FB_ISA {
#define FB_USE(group) extern const Group group##_group;
#include "../groups.def"
#undef FB_USE
extern const Group *const groups[];
const Group *const groups[] = {
#define FB_USE(group) &group##_group,
#include "../groups.def"
#undef FB_USE
    nullptr};
}  // namespace fb::FB_ISA
