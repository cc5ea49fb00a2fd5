#include "runtime/wasm/core_groups.h"

#include <algorithm>
#include <string>

#include "runtime/base/byte_reader.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_group_key.h"
#include "runtime/wasm/core_sections.h"
#include "runtime/wasm/core_types.h"

namespace davit::wasm {
namespace {

// Reads one type section.
class GroupReader {
 public:
  explicit GroupReader(NameCoreGroup name) : name_(name) {}

  absl::StatusOr<CoreGroup> Read(base::ByteReader& reader) {
    CoreTypeReader types(reader);
    types.BoundIndices(members_.size());
    DAVIT_ASSIGN_OR_RETURN(const CoreRecType group, types.RecType());
    const auto earlier = [this](uint64_t index, std::string& key) {
      return AppendMember(members_[index], key);
    };
    CoreGroupKey key(members_.size(), group.types.size(), earlier);
    for (const CoreSubType& type : group.types) DAVIT_RETURN_IF_ERROR(key.Add(type));
    const uint64_t values = key.values();
    const CoreGroup read = {
        .name = name_(std::move(key).Take()), .types = group.types.size(), .values = values};
    for (uint32_t i = 0; i < group.types.size(); ++i) members_.push_back({read.name, i});
    return read;
  }

 private:
  // A type of the section: its group and its place in there.
  struct Member {
    CoreGroupName group;
    uint32_t position;
  };

  static absl::Status AppendMember(const Member& member, std::string& key) {
    key.push_back('=');
    key.append(reinterpret_cast<const char*>(member.group.data()), member.group.size());
    key.append(reinterpret_cast<const char*>(&member.position), sizeof(member.position));
    return absl::OkStatus();
  }

  const NameCoreGroup name_;
  std::vector<Member> members_;
};

}  // namespace

absl::StatusOr<std::vector<CoreGroup>> ReadCoreGroups(
    std::span<const uint8_t> module, NameCoreGroup name,
    absl::FunctionRef<absl::Status(const CoreGroup&)> admit) {
  DAVIT_ASSIGN_OR_RETURN(const std::vector<CoreSection> sections,
                         ReadCoreSections(module, /*base_offset=*/0));
  const auto section = std::ranges::find(sections, CoreSectionId::kType, &CoreSection::id);
  std::vector<CoreGroup> groups;
  if (section == sections.end()) return groups;
  base::ByteReader contents(section->contents, section->offset);
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, contents.Count("core types", kMaxCoreTypes));
  GroupReader reader(name);
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const CoreGroup group, reader.Read(contents));
    if (group.types == 0) continue;
    DAVIT_RETURN_IF_ERROR(admit(group));
    groups.push_back(group);
  }
  DAVIT_RETURN_IF_ERROR(contents.ExpectDone("core section"));
  return groups;
}

}  // namespace davit::wasm
