#include "tests/bench/guests.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace davit::bench {

std::shared_ptr<const component::Component> CompileFile(engine::Engine& engine,
                                                        const std::string& path) {
  return Want(
      component::Component::Compile(engine, std::make_shared<const std::string>(ReadFile(path))));
}

std::unique_ptr<component::Instance> NewInstance(
    engine::CellLock& lock, const std::shared_ptr<const component::Component>& component) {
  static const auto* const linker =
      new std::shared_ptr<const component::Linker>(std::make_shared<component::Linker>());
  return Want(component::Instance::Create(lock, component, *linker, {}, absl::InfiniteFuture()));
}

v1::Val Records(uint32_t size) {
  v1::Val records;
  for (uint32_t i = 0; i < size; ++i) {
    auto* record = records.mutable_list()->add_items()->mutable_record();
    const auto field = [record](const char* name) {
      auto* added = record->add_fields();
      added->set_name(name);
      return added->mutable_value();
    };
    field("id")->set_u32(i);
    field("name")->set_string(absl::StrCat("name", i));
    field("score")->set_f64(i / 2.);
    auto* tags = field("tags")->mutable_list();
    tags->add_items()->set_string("a");
    tags->add_items()->set_string("bb");
  }
  return records;
}

v1::Val Ones(uint32_t size) {
  v1::Val ones;
  ones.mutable_u32_list()->mutable_values()->Resize(static_cast<int>(size), 1);
  return ones;
}

}  // namespace davit::bench
