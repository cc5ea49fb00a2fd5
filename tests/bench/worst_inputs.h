#ifndef DAVIT_TESTS_BENCH_WORST_INPUTS_H_
#define DAVIT_TESTS_BENCH_WORST_INPUTS_H_

#include <string>
#include <vector>

namespace davit::bench {

// Component binaries that ask for as much work as their bytes can: some valid, some that a limit
// must refuse.
struct WorstInput {
  std::string name;
  std::string binary;
};
std::vector<WorstInput> WorstInputs();

}  // namespace davit::bench

#endif  // DAVIT_TESTS_BENCH_WORST_INPUTS_H_
