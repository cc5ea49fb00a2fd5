#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_GARBAGE_SHARES_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_GARBAGE_SHARES_H_

#include <v8.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace davit::engine {

// Shares of what is garbage in an isolate: V8 has it until it is collected. Everything needs the
// isolate's lock.
class GarbageShares {
 public:
  // `isolate` must outlive it.
  explicit GarbageShares(v8::Isolate* isolate);
  ~GarbageShares();
  GarbageShares(const GarbageShares&) = delete;
  GarbageShares& operator=(const GarbageShares&) = delete;

  // Keeps `share` until what it is for must be gone. REQUIRES: nothing holds on to that any more.
  void Add(std::shared_ptr<const void> share) { fresh_.push_back(std::move(share)); }
  size_t size() const { return fresh_.size() + old_.size(); }

 private:
  static void OnCollected(v8::Isolate* isolate, v8::GCType type, v8::GCCallbackFlags flags,
                          void* data);

  v8::Isolate* const isolate_;
  // A collection may have marked what died while it was under way, so that the next one frees it.
  std::vector<std::shared_ptr<const void>> fresh_, old_;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_GARBAGE_SHARES_H_
