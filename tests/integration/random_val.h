#ifndef DAVIT_TESTS_INTEGRATION_RANDOM_VAL_H_
#define DAVIT_TESTS_INTEGRATION_RANDOM_VAL_H_

#include <random>

#include "davit/v1/val.pb.h"
#include "runtime/types/type.h"

namespace davit::integration {

// A value of `type`, which may be any without resources and without maps. Lists have up to three
// items at every level, in their plain form, so that deep types stay small.
v1::Val RandomVal(const types::Type& type, std::mt19937_64& random);

}  // namespace davit::integration

#endif  // DAVIT_TESTS_INTEGRATION_RANDOM_VAL_H_
