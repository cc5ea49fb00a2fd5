#ifndef DAVIT_TESTS_BENCH_GUESTS_H_
#define DAVIT_TESTS_BENCH_GUESTS_H_

#include <memory>
#include <string>
#include <utility>

#include "davit/v1/val.pb.h"
#include "runtime/davit.h"
#include "tests/bench/files.h"

// The common workload: examples/calc and the values that its functions are called with.
namespace davit::bench {

constexpr char kApi[] = "bench:calc/api";

// The value, or the end of the program.
template <typename T>
T Want(absl::StatusOr<T> value) {
  WantOk(value.status());
  return *std::move(value);
}
inline void Want(const absl::Status& status) { WantOk(status); }

std::shared_ptr<const component::Component> CompileFile(engine::Engine& engine,
                                                        const std::string& path);
std::unique_ptr<component::Instance> NewInstance(
    engine::CellLock& lock, const std::shared_ptr<const component::Component>& component);

// `size` records { id, name, score, tags: two strings }.
v1::Val Records(uint32_t size);
v1::Val Ones(uint32_t size);  // list<u32>

}  // namespace davit::bench

#endif  // DAVIT_TESTS_BENCH_GUESTS_H_
