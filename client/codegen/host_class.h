#ifndef DAVIT_CLIENT_CODEGEN_HOST_CLASS_H_
#define DAVIT_CLIENT_CODEGEN_HOST_CLASS_H_

#include <string>

#include "client/codegen/cpp_types.h"
#include "client/codegen/interface_model.h"

namespace davit::codegen {

// The class with a method for each function of an interface and for the end of each resource.
std::string HostClass(const Models& models, const InterfaceModel& interface, CppTypes& types);

// What defines all of them in a Linker.
std::string DefineBody(const InterfaceModel& interface);

}  // namespace davit::codegen

#endif  // DAVIT_CLIENT_CODEGEN_HOST_CLASS_H_
