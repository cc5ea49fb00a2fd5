#ifndef DAVIT_SERVER_RPC_DESCRIPTIONS_H_
#define DAVIT_SERVER_RPC_DESCRIPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "davit/v1/component_service.pb.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/slice.h"
#include "runtime/component/component.h"
#include "server/registry/compile_once.h"

namespace davit::server {

// What view FULL says of components, encoded: it takes a tenth of a second to say it of the largest
// ones. What was said last is kept, so many bytes of it, as long as the component lives.
// Thread-safe.
class Descriptions {
 public:
  // Bytes of the field `world` of a v1.Component, with its tag.
  using Callback = absl::AnyInvocable<void(absl::StatusOr<grpc::Slice>)>;

  // `background` must outlive it, and run what it was given before it ends.
  Descriptions(const Background& background, uint64_t max_bytes)
      : background_(background), max_bytes_(max_bytes) {}
  Descriptions(const Descriptions&) = delete;
  Descriptions& operator=(const Descriptions&) = delete;

  // Hands the description of `component` to `done`: at once where it is kept, else from another
  // thread, once for all who wait for it. RESOURCE_EXHAUSTED when the world is too large.
  void WhenDescribed(const ComponentPtr& component, Callback done);

  // Bytes that are kept.
  uint64_t bytes() const;

 private:
  using Key = const component::Component*;
  struct Kept {
    std::weak_ptr<const component::Component> component;
    grpc::Slice world;
    std::list<Key>::iterator use;
  };

  void DescribeAndTell(const ComponentPtr& component);
  void Keep(const ComponentPtr& component, const grpc::Slice& world)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(Key component) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetDead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Background& background_;
  const uint64_t max_bytes_;
  mutable absl::Mutex mutex_;
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<Key, Kept> kept_ ABSL_GUARDED_BY(mutex_);
  std::list<Key> uses_ ABSL_GUARDED_BY(mutex_);  // used last first
  // Those that are being described, with who waits: a component cannot end meanwhile.
  absl::flat_hash_map<Key, std::vector<Callback>> waiting_ ABSL_GUARDED_BY(mutex_);
};

// The description of a component as Descriptions hands it out, made on this thread.
// RESOURCE_EXHAUSTED when its world is too large to be described.
absl::StatusOr<grpc::Slice> DescribeWorld(const component::Component& component);
// The encoding of `head` with the field `world`, which `head` has not.
grpc::ByteBuffer WithWorld(const v1::Component& head, const grpc::Slice& world);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_DESCRIPTIONS_H_
