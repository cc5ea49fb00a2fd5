#ifndef DAVIT_TESTS_BENCH_GUESTS_H_
#define DAVIT_TESTS_BENCH_GUESTS_H_

#include <memory>
#include <string>

#include "davit/v1/val.pb.h"
#include "runtime/davit.h"

// The common workload: examples/calc and the values that its functions are called with.
namespace davit::bench {

constexpr char kApi[] = "bench:calc/api";

// Ends the program with a message when something that a benchmark needs did not work.
template <typename T>
T Want(absl::StatusOr<T> value);
void Want(const absl::Status& status);

std::string ReadFile(const std::string& path);
std::shared_ptr<const component::Component> CompileFile(engine::Engine& engine,
                                                        const std::string& path);
std::unique_ptr<component::Instance> NewInstance(
    engine::CellLock& lock, const std::shared_ptr<const component::Component>& component);

// `size` records { id, name, score, tags: two strings }.
v1::Val Records(uint32_t size);
v1::Val Ones(uint32_t size);  // list<u32>

[[noreturn]] void Fail(const absl::Status& status);

template <typename T>
T Want(absl::StatusOr<T> value) {
  if (!value.ok()) Fail(value.status());
  return *std::move(value);
}

}  // namespace davit::bench

#endif  // DAVIT_TESTS_BENCH_GUESTS_H_
