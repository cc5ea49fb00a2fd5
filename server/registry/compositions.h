#ifndef DAVIT_SERVER_REGISTRY_COMPOSITIONS_H_
#define DAVIT_SERVER_REGISTRY_COMPOSITIONS_H_

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/registry/compile_once.h"
#include "server/registry/registry.h"

namespace davit::server {

// Makes one component of several: component::Component::Compose with its engine.
using Composer = std::function<absl::StatusOr<ComponentPtr>(
    ComponentPtr component, const std::vector<std::pair<std::string, ComponentPtr>>& providers)>;

// A revision whose imports are satisfied by others.
struct CompositionSpec {
  RevisionPtr component;
  std::vector<std::pair<std::string, RevisionPtr>> with;  // import name, what satisfies it
};

// Components composed of others, each made once and kept while it is among those used last.
// Thread-safe.
class Compositions {
 public:
  // `background` must outlive it.
  Compositions(Composer composer, const Background& background)
      : composer_(std::move(composer)), background_(background) {}
  Compositions(const Compositions&) = delete;
  Compositions& operator=(const Compositions&) = delete;

  // Errors of it: those of compiling each part; of component::Component::Compose.
  std::shared_ptr<CompileOnce> Find(const CompositionSpec& spec);

 private:
  static constexpr size_t kKept = 64;
  struct Entry {
    std::shared_ptr<CompileOnce> component;
    std::list<std::string>::iterator use;
  };

  const Composer composer_;
  const Background& background_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::list<std::string> uses_ ABSL_GUARDED_BY(mutex_);  // keys, used last first
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_REGISTRY_COMPOSITIONS_H_
