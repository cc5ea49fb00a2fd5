#ifndef DAVIT_SERVER_RPC_SCHEMA_INDEX_H_
#define DAVIT_SERVER_RPC_SCHEMA_INDEX_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "google/protobuf/descriptor.h"

namespace davit::server {

// The schemas of some services, prepared for those who ask for them by name: every file that the
// services need, serialised, and who declares what. Immutable; it does not refer to the pool it was
// made from. Thread-safe.
class SchemaIndex {
 public:
  // A file of the index; they are numbered from 0, imports before those who import them.
  using File = uint32_t;

  // Of the services and other files that `pool` has of these names; of a service that it does not
  // have only the name is known. `pool` may be read for as long as this takes only.
  SchemaIndex(const google::protobuf::DescriptorPool& pool, std::vector<std::string> services,
              const std::vector<std::string>& more_files = {});

  const std::vector<std::string>& services() const { return services_; }
  size_t file_count() const { return files_.size(); }

  std::optional<File> FindFile(std::string_view name) const;
  // The file that declares a service, method, message, field, oneof, enum, enum value or extension.
  std::optional<File> FindSymbol(std::string_view full_name) const;
  std::optional<File> FindExtension(std::string_view extended_type, int32_t number) const;
  // In rising order; none when there is no such message type.
  std::optional<std::vector<int32_t>> ExtensionNumbers(std::string_view extended_type) const;

  // A google.protobuf.FileDescriptorProto.
  const std::string& Serialized(File file) const { return files_[file].serialized; }
  // What the file imports, directly or not, without itself.
  const std::vector<File>& Imports(File file) const { return files_[file].imports; }

 private:
  struct Entry {
    std::string serialized;
    std::vector<File> imports;
  };

  File Add(const google::protobuf::FileDescriptor& file);
  void AddSymbols(const google::protobuf::FileDescriptor& file, File index);
  void AddMessage(const google::protobuf::Descriptor& message, File index);
  void AddEnum(const google::protobuf::EnumDescriptor& type, File index);
  void AddExtension(const google::protobuf::FieldDescriptor& extension, File index);

  std::vector<std::string> services_;
  std::vector<Entry> files_;
  absl::flat_hash_map<std::string, File> file_names_;
  absl::flat_hash_map<std::string, File> symbols_;
  // Each message type with its extensions.
  absl::flat_hash_map<std::string, std::vector<std::pair<int32_t, File>>> extensions_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_SCHEMA_INDEX_H_
