#ifndef DAVIT_TESTS_HOSTILE_RANDOM_MODULE_H_
#define DAVIT_TESTS_HOSTILE_RANDOM_MODULE_H_

#include <cstdint>
#include <string>

namespace davit::hostile {

// A core module without imports that is valid and made to cost much: any instruction that davit
// admits, with operands that are extreme and mostly keep it from trapping, in straight lines of
// thousands and in loops. It exports `run`, (i32) -> (i32), which does nothing for 0 but let itself
// be compiled. The same seed makes the same module.
std::string RandomModule(uint64_t seed);

// One that has every instruction of RandomModule()'s table once.
std::string ModuleOfEveryInstruction();

}  // namespace davit::hostile

#endif  // DAVIT_TESTS_HOSTILE_RANDOM_MODULE_H_
