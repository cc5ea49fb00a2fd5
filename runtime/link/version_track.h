#ifndef DAVIT_RUNTIME_LINK_VERSION_TRACK_H_
#define DAVIT_RUNTIME_LINK_VERSION_TRACK_H_

#include <string>
#include <string_view>

namespace davit::link {

// "ns:pkg/iface@0.2" for ns:pkg/iface@0.2.6: names with the same key are compatible versions of one
// interface. Empty for what is compatible with nothing but itself: a name without a version, or
// with a prerelease. Spec: Explainer.md#-canonical-interface-name
std::string CompatibilityKey(std::string_view name);

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_VERSION_TRACK_H_
