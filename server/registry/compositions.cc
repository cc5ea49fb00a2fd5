#include "server/registry/compositions.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace davit::server {
namespace {

// Content, not names: the same binaries under other names compose to the same. An import name has
// no zero byte, a digest has one length.
std::string KeyOf(const CompositionSpec& spec) {
  std::string key = spec.component->artifact->digest();
  for (const auto& [import, provider] : spec.with) {
    absl::StrAppend(&key, import, std::string_view("\0", 1), provider->artifact->digest());
  }
  return key;
}

absl::StatusOr<ComponentPtr> Compose(const Composer& composer, const CompositionSpec& spec) {
  DAVIT_ASSIGN_OR_RETURN(ComponentPtr component, spec.component->artifact->component().Get());
  std::vector<std::pair<std::string, ComponentPtr>> providers;
  for (const auto& [import, provider] : spec.with) {
    DAVIT_ASSIGN_OR_RETURN(ComponentPtr part, provider->artifact->component().Get());
    providers.emplace_back(import, std::move(part));
  }
  return composer(std::move(component), providers);
}

}  // namespace

std::shared_ptr<CompileOnce> Compositions::Find(const CompositionSpec& spec) {
  std::string key = KeyOf(spec);
  absl::MutexLock lock(mutex_);
  if (const auto known = entries_.find(key); known != entries_.end()) {
    uses_.splice(uses_.begin(), uses_, known->second.use);
    return known->second.component;
  }
  if (entries_.size() == kKept) {
    entries_.erase(uses_.back());
    uses_.pop_back();
  }
  auto component =
      std::make_shared<CompileOnce>([this, spec] { return Compose(composer_, spec); }, background_);
  uses_.push_front(key);
  entries_.emplace(std::move(key), Entry{.component = component, .use = uses_.begin()});
  return component;
}

}  // namespace davit::server
