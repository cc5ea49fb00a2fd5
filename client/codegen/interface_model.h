#ifndef DAVIT_CLIENT_CODEGEN_INTERFACE_MODEL_H_
#define DAVIT_CLIENT_CODEGEN_INTERFACE_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/codegen/host_bindings.h"
#include "runtime/text/wit_scope.h"
#include "runtime/types/type.h"
#include "runtime/types/world.h"

// WIT interfaces with the names that their parts have in C++: what the text is written from.
namespace davit::codegen {

// A name that an interface has for a type.
struct TypeModel {
  std::string wit;      // "stream-error"
  std::string cpp;      // "StreamError"
  types::TypePtr type;  // null: a resource
  types::ResourceId resource;
  std::string drop;  // of a resource that is defined here: "DropPollable"

  bool is_resource() const { return type == nullptr; }
};

// How a host answers a call.
enum class Answer : uint8_t {
  kAtOnce,
  kMayWait,  // by a Reply
};

struct FuncModel {
  std::string wit;  // "[method]pollable.ready"
  std::string cpp;  // "PollableReady"
  const types::FuncType* type = nullptr;
  std::vector<std::string> params;  // their names in C++
  Answer answer = Answer::kAtOnce;
};

struct InterfaceModel {
  size_t index = 0;           // among text::WitInterfaces
  std::string wit;            // "wasi:io/poll@0.2.12"
  std::string cpp_namespace;  // "davit::wasi::p2::io::poll"
  std::string stem;           // of its files: "io_poll"
  std::vector<TypeModel> types;
  std::vector<FuncModel> funcs;
  text::TypeNames names;  // in WIT
  absl::flat_hash_map<std::string, std::string> cpp_names;
};

// The interfaces that bindings are asked for, in the order of the world's imports. Views of the
// world, which must outlive it.
class Models {
 public:
  // Errors as of GenerateHostBindings.
  static absl::StatusOr<Models> Create(const types::World& world,
                                       const HostBindingsOptions& options);

  const std::vector<InterfaceModel>& all() const { return models_; }

  // The name by which a type is defined.
  struct Definition {
    const InterfaceModel* interface = nullptr;
    std::string_view wit;
    std::string_view cpp;
  };
  // Where `key`, a types::Type or a types::ResourceId, is defined; nothing for what is not by any
  // of the interfaces.
  template <typename Key>
  std::optional<Definition> Find(const Key& key) const {
    return At(interfaces_.Find(key));
  }

 private:
  explicit Models(const types::World& world) : interfaces_(world) {}

  absl::Status Add(const types::World& world, const HostBindingsOptions& options);
  InterfaceModel Describe(size_t interface, const HostBindingsOptions& options) const;
  std::optional<Definition> At(const text::WitInterfaces::Definition* definition) const;
  absl::Status CheckTypes(const InterfaceModel& model) const;
  absl::Status CheckPart(const InterfaceModel& model, const types::Type& type) const;
  absl::Status CheckUse(const InterfaceModel& model,
                        const text::WitInterfaces::Definition* definition) const;

  text::WitInterfaces interfaces_;
  std::vector<InterfaceModel> models_;
  absl::flat_hash_map<size_t, size_t> by_interface_;
};

}  // namespace davit::codegen

#endif  // DAVIT_CLIENT_CODEGEN_INTERFACE_MODEL_H_
