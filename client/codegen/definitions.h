#ifndef DAVIT_CLIENT_CODEGEN_DEFINITIONS_H_
#define DAVIT_CLIENT_CODEGEN_DEFINITIONS_H_

#include <string>

#include "client/codegen/cpp_types.h"
#include "client/codegen/interface_model.h"

namespace davit::codegen {

// What makes `type` known in the namespace of its interface: a struct, an enum, a class, or another
// name for something else.
std::string Definition(const TypeModel& type, CppTypes& types);

// What tells canon/native how values of it are lifted and lowered, in that namespace; empty where
// there is nothing to tell.
std::string Traits(const TypeModel& type, const InterfaceModel& interface, CppTypes& types);

}  // namespace davit::codegen

#endif  // DAVIT_CLIENT_CODEGEN_DEFINITIONS_H_
