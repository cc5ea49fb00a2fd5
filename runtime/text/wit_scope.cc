#include "runtime/text/wit_scope.h"

#include <utility>
#include <variant>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/limits.h"

namespace davit::text {
namespace {

// Equal types have equal hashes. It looks no deeper than the names of the fields.
uint64_t ShallowHash(const types::Type& type) {
  std::vector<std::string_view> names;
  for (const types::Field& field : type.fields()) names.push_back(field.name);
  return absl::HashOf(type.kind(), type.node_count(), type.depth(), names);
}

}  // namespace

bool ExistsByNameOnly(types::Kind kind) {
  return kind == types::Kind::kRecord || kind == types::Kind::kVariant ||
         kind == types::Kind::kEnum || kind == types::Kind::kFlags;
}

bool TypeNames::Declare(const std::string& name, const types::Type& type) {
  if (!taken_.insert(name).second) return false;
  if (types::IsPrimitive(type.kind())) return true;  // An alias does not rename all others.
  by_identity_.try_emplace(&type, name);
  if (ExistsByNameOnly(type.kind())) by_structure_[ShallowHash(type)].emplace_back(&type, name);
  return true;
}

bool TypeNames::Declare(const std::string& name, types::ResourceId resource) {
  if (!taken_.insert(name).second) return false;
  resources_.try_emplace(resource, name);
  return true;
}

const std::string* TypeNames::Find(const types::Type& type) const {
  const auto same = by_identity_.find(&type);
  if (same != by_identity_.end()) return &same->second;
  if (!ExistsByNameOnly(type.kind())) return nullptr;
  const auto alike = by_structure_.find(ShallowHash(type));
  if (alike == by_structure_.end()) return nullptr;
  for (const auto& [candidate, name] : alike->second) {
    if (types::Equal(*candidate, type)) return &name;
  }
  return nullptr;
}

const std::string* TypeNames::Find(types::ResourceId resource) const {
  const auto found = resources_.find(resource);
  return found == resources_.end() ? nullptr : &found->second;
}

std::string TypeNames::Unused(const std::string& name) const {
  if (!taken_.contains(name)) return name;
  for (size_t i = 2;; ++i) {
    std::string next = absl::StrCat(name, "-n", i);
    if (!taken_.contains(next)) return next;
  }
}

WitInterfaces::WitInterfaces(const types::World& world) : items_left_(base::kMaxWorldItems) {
  for (const types::Extern& e : world.imports) Add(e);
  for (const types::Extern& e : world.exports) Add(e);
}

void WitInterfaces::Add(const types::Extern& e) {
  const auto* instance = std::get_if<types::Instance>(&e.item->of);
  const std::optional<InterfaceName> name = ParseInterfaceName(e.name);
  if (instance == nullptr || !name.has_value()) return;
  const auto [at, is_new] = by_name_.try_emplace(e.name, all_.size());
  if (is_new) all_.push_back({.name = *name});
  AddItems(at->second, instance->items);
}

void WitInterfaces::AddItems(size_t interface, const std::vector<types::Extern>& items) {
  for (const types::Extern& item : items) {
    if (items_left_ == 0) return;
    --items_left_;
    const Definition definition{.interface = interface, .name = item.name};
    if (const auto* type = std::get_if<types::TypePtr>(&item.item->of)) {
      if (!types::IsPrimitive((*type)->kind())) types_.try_emplace(type->get(), definition);
    } else if (const auto* resource = std::get_if<types::ResourceId>(&item.item->of)) {
      resources_.try_emplace(*resource, definition);
    }
    if (seen_.emplace(interface, item.name).second) all_[interface].items.push_back(&item);
  }
}

const WitInterfaces::Definition* WitInterfaces::Find(const types::Type& type) const {
  const auto found = types_.find(&type);
  return found == types_.end() ? nullptr : &found->second;
}

const WitInterfaces::Definition* WitInterfaces::Find(types::ResourceId resource) const {
  const auto found = resources_.find(resource);
  return found == resources_.end() ? nullptr : &found->second;
}

}  // namespace davit::text
