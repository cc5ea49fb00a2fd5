#ifndef DAVIT_CLIENT_CODEGEN_CPP_NAMES_H_
#define DAVIT_CLIENT_CODEGEN_CPP_NAMES_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"

// WIT names as C++ names.
namespace davit::codegen {

// "last-operation-failed" -> "LastOperationFailed", "DNS-timeout" -> "DnsTimeout".
std::string PascalCase(std::string_view wit);
// The same -> "last_operation_failed", "dns_timeout"; what C++ has another use for gets an
// underscore: "export" -> "export_".
std::string SnakeCase(std::string_view wit);

// The names of one C++ scope.
class CppNames {
 public:
  CppNames(std::initializer_list<std::string_view> reserved = {});

  // `name`, followed by as many underscores as make it different from all others.
  std::string Take(std::string name);
  bool Has(std::string_view name) const { return taken_.contains(name); }

 private:
  absl::flat_hash_set<std::string> taken_;
};

}  // namespace davit::codegen

#endif  // DAVIT_CLIENT_CODEGEN_CPP_NAMES_H_
