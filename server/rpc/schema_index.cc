#include "server/rpc/schema_index.h"

#include <algorithm>

#include "google/protobuf/descriptor.pb.h"

namespace davit::server {

namespace pb = google::protobuf;

SchemaIndex::SchemaIndex(const pb::DescriptorPool& pool, std::vector<std::string> services,
                         const std::vector<std::string>& more_files)
    : services_(std::move(services)) {
  for (const std::string& service : services_) {
    if (const pb::ServiceDescriptor* found = pool.FindServiceByName(service)) Add(*found->file());
  }
  for (const std::string& name : more_files) {
    if (const pb::FileDescriptor* found = pool.FindFileByName(name)) Add(*found);
  }
  for (auto& [type, extensions] : extensions_) std::sort(extensions.begin(), extensions.end());
}

SchemaIndex::File SchemaIndex::Add(const pb::FileDescriptor& file) {
  if (const auto known = FindFile(file.name())) return *known;
  std::vector<File> imports;
  for (int i = 0; i < file.dependency_count(); ++i) {
    const File imported = Add(*file.dependency(i));
    imports.push_back(imported);
    imports.insert(imports.end(), Imports(imported).begin(), Imports(imported).end());
  }
  std::sort(imports.begin(), imports.end());
  imports.erase(std::unique(imports.begin(), imports.end()), imports.end());
  pb::FileDescriptorProto proto;
  file.CopyTo(&proto);
  const File index = static_cast<File>(files_.size());
  files_.push_back({.serialized = proto.SerializeAsString(), .imports = std::move(imports)});
  file_names_.emplace(file.name(), index);
  AddSymbols(file, index);
  return index;
}

void SchemaIndex::AddSymbols(const pb::FileDescriptor& file, File index) {
  for (int i = 0; i < file.service_count(); ++i) {
    const pb::ServiceDescriptor& service = *file.service(i);
    symbols_.emplace(service.full_name(), index);
    for (int m = 0; m < service.method_count(); ++m) {
      symbols_.emplace(service.method(m)->full_name(), index);
    }
  }
  for (int i = 0; i < file.message_type_count(); ++i) AddMessage(*file.message_type(i), index);
  for (int i = 0; i < file.enum_type_count(); ++i) AddEnum(*file.enum_type(i), index);
  for (int i = 0; i < file.extension_count(); ++i) AddExtension(*file.extension(i), index);
}

void SchemaIndex::AddMessage(const pb::Descriptor& message, File index) {
  symbols_.emplace(message.full_name(), index);
  extensions_.try_emplace(message.full_name());
  for (int i = 0; i < message.field_count(); ++i) {
    symbols_.emplace(message.field(i)->full_name(), index);
  }
  for (int i = 0; i < message.oneof_decl_count(); ++i) {
    symbols_.emplace(message.oneof_decl(i)->full_name(), index);
  }
  for (int i = 0; i < message.nested_type_count(); ++i) AddMessage(*message.nested_type(i), index);
  for (int i = 0; i < message.enum_type_count(); ++i) AddEnum(*message.enum_type(i), index);
  for (int i = 0; i < message.extension_count(); ++i) AddExtension(*message.extension(i), index);
}

void SchemaIndex::AddEnum(const pb::EnumDescriptor& type, File index) {
  symbols_.emplace(type.full_name(), index);
  for (int i = 0; i < type.value_count(); ++i) {
    symbols_.emplace(type.value(i)->full_name(), index);
  }
}

void SchemaIndex::AddExtension(const pb::FieldDescriptor& extension, File index) {
  symbols_.emplace(extension.full_name(), index);
  extensions_[extension.containing_type()->full_name()].emplace_back(extension.number(), index);
}

std::optional<SchemaIndex::File> SchemaIndex::FindFile(std::string_view name) const {
  const auto found = file_names_.find(name);
  if (found == file_names_.end()) return std::nullopt;
  return found->second;
}

std::optional<SchemaIndex::File> SchemaIndex::FindSymbol(std::string_view full_name) const {
  const auto found = symbols_.find(full_name);
  if (found == symbols_.end()) return std::nullopt;
  return found->second;
}

std::optional<SchemaIndex::File> SchemaIndex::FindExtension(std::string_view extended_type,
                                                            int32_t number) const {
  const auto type = extensions_.find(extended_type);
  if (type == extensions_.end()) return std::nullopt;
  const auto found = std::lower_bound(type->second.begin(), type->second.end(),
                                      std::pair<int32_t, File>(number, 0));
  if (found == type->second.end() || found->first != number) return std::nullopt;
  return found->second;
}

std::optional<std::vector<int32_t>> SchemaIndex::ExtensionNumbers(
    std::string_view extended_type) const {
  const auto type = extensions_.find(extended_type);
  if (type == extensions_.end()) return std::nullopt;
  std::vector<int32_t> numbers;
  for (const auto& [number, file] : type->second) numbers.push_back(number);
  return numbers;
}

}  // namespace davit::server
