#include "runtime/binary/decode/decode.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/binary/decode/decode_test_util.h"

namespace davit::binary {
namespace {

// The component of `sections`; an empty one, and a failure, where they do not decode.
std::shared_ptr<const Component> MustDecode(std::string_view sections) {
  auto component = DecodeText(sections);
  if (component.ok()) return *component;
  ADD_FAILURE() << component.status();
  return std::make_shared<const Component>();
}

// The only definition of one section, which must be a T.
template <typename T>
T Only(std::string_view section) {
  const auto component = MustDecode(section);
  if (component->definitions.size() != 1 ||
      !std::holds_alternative<T>(component->definitions[0].def)) {
    ADD_FAILURE() << section << " is not one definition of the kind wanted";
    return T();
  }
  // Views point into the binary.
  static std::vector<std::shared_ptr<const Component>> alive;
  alive.push_back(component);
  return std::get<T>(component->definitions[0].def);
}

// ---- sections --------------------------------------------------------------------------------

TEST(Decode, AcceptsAnEmptyComponent) {
  EXPECT_TRUE(MustDecode("")->definitions.empty());
  EXPECT_TRUE(MustDecode("07 [00] 05 [00] 07 [00]")->definitions.empty());
}

TEST(Decode, KeepsDefinitionsInFileOrderWithTheirOffsets) {
  const auto component = MustDecode("07 [02 73 79] 06 [01 03 02 00 00] 07 [01 70 01]");
  ASSERT_EQ(component->definitions.size(), 4u);
  EXPECT_TRUE(std::holds_alternative<Alias>(component->definitions[2].def));
  EXPECT_EQ(component->definitions[0].offset, 11u);
  EXPECT_EQ(component->definitions[1].offset, 12u);
  EXPECT_EQ(component->definitions[2].offset, 16u);
}

TEST(Decode, KeepsTheBytesThatViewsPointInto) {
  const auto bytes = wasm::ComponentFromText("0a [01 00 ['a'] 01 00]");
  const auto component = *Decode(bytes, Features());
  EXPECT_EQ(component->bytes, bytes);
  const std::string_view name = std::get<Import>(component->definitions[0].def).name.name;
  EXPECT_EQ(static_cast<const void*>(name.data()), bytes->data() + 13);
}

TEST(Decode, AcceptsPaddedIntegers) {
  EXPECT_EQ(MustDecode("07 82 80 80 80 00 01 73")->definitions.size(), 1u);
}

TEST(Decode, SkipsCustomSections) {
  EXPECT_TRUE(MustDecode("00 [['hi'] ff ff]")->definitions.empty());
}

TEST(Decode, ReadsTheNameSection) {
  const auto component =
      MustDecode("00 [['component-name'] 00 [['c']] 01 [00 00 01 05 ['f']] 01 [05 01 02 ['i']]]");
  const NameSection& names = component->names;
  EXPECT_EQ(names.component, "c");
  ASSERT_EQ(names.names.size(), 2u);
  EXPECT_EQ(names.names[0].first.sort, Sort::kCoreFunc);
  EXPECT_EQ(names.names[0].first.index, 5u);
  EXPECT_EQ(names.names[1].first.sort, Sort::kInstance);
  EXPECT_EQ(names.names[1].second, "i");
}

TEST(Decode, ToleratesAMalformedNameSection) {
  const auto component = MustDecode("00 [['component-name'] 00 [['c']] ff fe 01] 07 [01 73]");
  EXPECT_EQ(component->names.component, "c");
  EXPECT_EQ(component->definitions.size(), 1u);
}

TEST(Decode, ReadsNestedComponents) {
  const auto component = MustDecode("04 [00'asm' 0d 00 01 00 04 [00'asm' 0d 00 01 00 07 [01 73]]]");
  const auto& child = std::get<std::shared_ptr<const Component>>(component->definitions[0].def);
  EXPECT_EQ(child->offset, 10u);
  const auto& grandchild = std::get<std::shared_ptr<const Component>>(child->definitions[0].def);
  EXPECT_EQ(grandchild->offset, 20u);
  EXPECT_EQ(grandchild->definitions[0].offset, 31u);
  EXPECT_EQ(grandchild->bytes, nullptr);
}

TEST(Decode, GivesCoreModulesAsSpansOfTheBinary) {
  const auto bytes = wasm::ComponentFromText("01 [00'asm' 01 00 00 00 01 [00]]");
  const auto component = *Decode(bytes, Features());
  const auto& module = std::get<CoreModule>(component->definitions[0].def);
  EXPECT_EQ(module.offset, 10u);
  EXPECT_EQ(module.bytes.size(), 11u);
  EXPECT_EQ(static_cast<const void*>(module.bytes.data()), bytes->data() + 10);
}

// ---- core definitions ------------------------------------------------------------------------

TEST(DecodeCoreInstance, InstantiatesAModuleWithInstances) {
  const auto expr =
      std::get<CoreInstantiate>(Only<CoreInstance>("02 [01 00 03 01 ['i'] 12 04]").expr);
  EXPECT_EQ(expr.module, 3u);
  ASSERT_EQ(expr.args.size(), 1u);
  EXPECT_EQ(expr.args[0].name, "i");
  EXPECT_EQ(expr.args[0].instance, 4u);
}

TEST(DecodeCoreInstance, BundlesExports) {
  const auto expr =
      std::get<CoreInlineExports>(Only<CoreInstance>("02 [01 01 02 ['f'] 00 07 ['t'] 04 01]").expr);
  ASSERT_EQ(expr.exports.size(), 2u);
  EXPECT_EQ(expr.exports[0].item.sort, Sort::kCoreFunc);
  EXPECT_EQ(expr.exports[0].item.index, 7u);
  EXPECT_EQ(expr.exports[1].item.sort, Sort::kCoreTag);
}

TEST(DecodeCoreType, ReadsFunctionTypes) {
  const auto group =
      std::get<wasm::CoreRecType>(Only<wasm::CoreTypeDef>("03 [01 60 01 7f 00]").def);
  EXPECT_EQ(std::get<wasm::CoreFuncType>(group.types[0].composite).params.size(), 1u);
}

TEST(DecodeCoreType, ReadsAnOpenSubtypeBehindItsPrefix) {
  const auto group =
      std::get<wasm::CoreRecType>(Only<wasm::CoreTypeDef>("03 [01 00 50 01 02 60 00 00]").def);
  ASSERT_EQ(group.types.size(), 1u);
  EXPECT_FALSE(group.types[0].is_final);
  EXPECT_EQ(group.types[0].supertypes, std::vector<uint32_t>{2});
}

TEST(DecodeCoreType, ReadsOpenSubtypesInModuleTypesWithOrWithoutPrefix) {
  for (const char* text :
       {"03 [01 50 01 01 50 00 60 00 00]", "03 [01 50 01 01 00 50 00 60 00 00]"}) {
    const auto type = std::get<wasm::CoreModuleType>(Only<wasm::CoreTypeDef>(text).def);
    EXPECT_FALSE(std::get<wasm::CoreRecType>(type.decls.at(0).decl).types.at(0).is_final) << text;
  }
}

TEST(DecodeCoreType, ReadsModuleTypes) {
  const auto type = std::get<wasm::CoreModuleType>(
      Only<wasm::CoreTypeDef>(
          "03 [01 50 04 01 60 00 00 00 ['a'] ['b'] 00 00 02 10 01 01 05 03 ['e'] 02 00 01]")
          .def);
  ASSERT_EQ(type.decls.size(), 4u);
  EXPECT_TRUE(std::holds_alternative<wasm::CoreRecType>(type.decls[0].decl));
  EXPECT_EQ(std::get<wasm::CoreImport>(type.decls[1].decl).module, "a");
  EXPECT_EQ(std::get<wasm::CoreOuterAlias>(type.decls[2].decl).index, 5u);
  const auto& exported = std::get<wasm::CoreExport>(type.decls[3].decl);
  EXPECT_EQ(exported.name, "e");
  EXPECT_TRUE(std::holds_alternative<wasm::CoreMemoryType>(exported.desc));
}

// ---- instances, aliases, imports, exports -----------------------------------------------------

TEST(DecodeInstance, InstantiatesAComponentWithItemsOfAnySort) {
  const auto expr =
      std::get<Instantiate>(Only<Instance>("05 [01 00 02 02 ['f'] 01 03 ['m'] 00 11 04]").expr);
  EXPECT_EQ(expr.component, 2u);
  ASSERT_EQ(expr.args.size(), 2u);
  EXPECT_EQ(expr.args[0].item.sort, Sort::kFunc);
  EXPECT_EQ(expr.args[1].item.sort, Sort::kCoreModule);
  EXPECT_EQ(expr.args[1].item.index, 4u);
}

TEST(DecodeInstance, BundlesExports) {
  const auto expr = std::get<InlineExports>(Only<Instance>("05 [01 01 01 00 ['g'] 05 06]").expr);
  ASSERT_EQ(expr.exports.size(), 1u);
  EXPECT_EQ(expr.exports[0].name.name, "g");
  EXPECT_EQ(expr.exports[0].item.sort, Sort::kInstance);
}

TEST(DecodeAlias, ReadsEveryTarget) {
  const Alias exported = Only<Alias>("06 [01 01 00 02 ['f']]");
  EXPECT_EQ(exported.target, AliasTarget::kExport);
  EXPECT_EQ(exported.instance, 2u);
  EXPECT_EQ(exported.name, "f");
  const Alias core = Only<Alias>("06 [01 00 02 01 03 ['mem']]");
  EXPECT_EQ(core.target, AliasTarget::kCoreExport);
  EXPECT_EQ(core.sort, Sort::kCoreMemory);
  const Alias outer = Only<Alias>("06 [01 03 02 01 07]");
  EXPECT_EQ(outer.target, AliasTarget::kOuter);
  EXPECT_EQ(outer.outer_count, 1u);
  EXPECT_EQ(outer.outer_index, 7u);
}

TEST(DecodeAlias, AllowsOuterAliasesOfModulesTypesAndComponents) {
  EXPECT_EQ(Only<Alias>("06 [01 00 11 02 00 00]").sort, Sort::kCoreModule);
  EXPECT_EQ(Only<Alias>("06 [01 00 10 02 00 00]").sort, Sort::kCoreType);
  EXPECT_EQ(Only<Alias>("06 [01 04 02 00 00]").sort, Sort::kComponent);
}

TEST(DecodeImport, ReadsEveryExternType) {
  const auto desc = [](std::string_view text) {
    return Only<Import>(absl::StrCat("0a [01 00 ['x'] ", text, "]")).desc;
  };
  EXPECT_EQ(desc("00 11 02").sort, Sort::kCoreModule);
  EXPECT_EQ(desc("00 11 02").type, 2u);
  EXPECT_EQ(desc("01 03").sort, Sort::kFunc);
  EXPECT_EQ(desc("04 03").sort, Sort::kComponent);
  EXPECT_EQ(desc("05 03").sort, Sort::kInstance);
  EXPECT_EQ(desc("03 00 04").bound.kind, TypeBoundKind::kEq);
  EXPECT_EQ(desc("03 00 04").bound.type, 4u);
  EXPECT_EQ(desc("03 01").bound.kind, TypeBoundKind::kSubResource);
  EXPECT_EQ(std::get<uint32_t>(desc("02 00 05").value), 5u);
  EXPECT_EQ(std::get<ValType>(desc("02 01 73").value).primitive, types::Kind::kString);
}

TEST(DecodeImport, ReadsNamesInEveryForm) {
  EXPECT_EQ(Only<Import>("0a [01 00 ['a'] 01 00]").name.name, "a");
  EXPECT_EQ(Only<Import>("0a [01 01 ['b'] 01 00]").name.name, "b");
  EXPECT_EQ(Only<Import>("0a [01 02 ['c'] 00 01 00]").name.name, "c");
}

TEST(DecodeImport, ReadsNameAttributes) {
  const NameAttributes attributes =
      Only<Import>("0a [01 02 ['c'] 03 00 ['a:b/i'] 01 ['.1'] 02 ['id'] 05 00]").name.attributes;
  EXPECT_EQ(attributes.implements, "a:b/i");
  EXPECT_EQ(attributes.version_suffix, ".1");
  EXPECT_EQ(attributes.external_id, "id");
}

TEST(DecodeExport, ReadsAnOptionalAscription) {
  const Export plain = Only<Export>("0b [01 00 ['e'] 01 02 00]");
  EXPECT_EQ(plain.item.index, 2u);
  EXPECT_FALSE(plain.ascription.has_value());
  EXPECT_EQ(Only<Export>("0b [01 00 ['e'] 01 02 01 01 05]").ascription->type, 5u);
}

TEST(DecodeStart, ReadsArgumentsAndResultCount) {
  const Start start = Only<Start>("09 [03 02 04 05 01]");
  EXPECT_EQ(start.func, 3u);
  EXPECT_EQ(start.args, (std::vector<uint32_t>{4, 5}));
  EXPECT_EQ(start.results, 1u);
}

TEST(DecodeValue, KeepsTheBytesOfAValue) {
  const ValueDef value = Only<ValueDef>("0c [01 73 [['hi']]]");
  EXPECT_EQ(value.type.primitive, types::Kind::kString);
  EXPECT_EQ(value.bytes.size(), 3u);
}

// ---- types ------------------------------------------------------------------------------------

DefValType OnlyValType(std::string_view text) {
  return std::get<DefValType>(Only<TypeDef>(absl::StrCat("07 [01 ", text, "]")).def);
}

TEST(DecodeType, ReadsPrimitives) {
  using types::Kind;
  const std::vector<std::pair<std::string_view, Kind>> cases = {
      {"7f", Kind::kBool},   {"7e", Kind::kS8},          {"7d", Kind::kU8},  {"7c", Kind::kS16},
      {"7b", Kind::kU16},    {"7a", Kind::kS32},         {"79", Kind::kU32}, {"78", Kind::kS64},
      {"77", Kind::kU64},    {"76", Kind::kF32},         {"75", Kind::kF64}, {"74", Kind::kChar},
      {"73", Kind::kString}, {"64", Kind::kErrorContext}};
  for (const auto& [text, kind] : cases) EXPECT_EQ(OnlyValType(text).kind, kind) << text;
}

TEST(DecodeType, ReadsRecords) {
  const DefValType type = OnlyValType("72 02 ['a'] 7f ['b'] 05");
  EXPECT_EQ(type.kind, types::Kind::kRecord);
  ASSERT_EQ(type.members.size(), 2u);
  EXPECT_EQ(type.members[0].label, "a");
  EXPECT_FALSE(type.members[0].type->is_index);
  EXPECT_TRUE(type.members[1].type->is_index);
  EXPECT_EQ(type.members[1].type->index, 5u);
}

TEST(DecodeType, ReadsVariants) {
  const DefValType type = OnlyValType("71 02 ['x'] 01 7e 00 ['y'] 00 00");
  EXPECT_EQ(type.kind, types::Kind::kVariant);
  EXPECT_EQ(type.members[0].type->primitive, types::Kind::kS8);
  EXPECT_FALSE(type.members[1].type.has_value());
}

TEST(DecodeType, ReadsLabelsOfFlagsAndEnums) {
  EXPECT_EQ(OnlyValType("6e 02 ['f'] ['g']").members[1].label, "g");
  EXPECT_EQ(OnlyValType("6d 01 ['e']").kind, types::Kind::kEnum);
}

TEST(DecodeType, ReadsTypesOfUnnamedMembers) {
  EXPECT_EQ(OnlyValType("6f 02 7c 79").members.size(), 2u);
  EXPECT_EQ(OnlyValType("70 7b").kind, types::Kind::kList);
  EXPECT_EQ(OnlyValType("6b 7a").kind, types::Kind::kOption);
  EXPECT_EQ(OnlyValType("63 73 79").members.size(), 2u);
  EXPECT_EQ(OnlyValType("67 7d 83 01").length, 131u);
}

TEST(DecodeType, ReadsResultsWithEitherPayload) {
  const DefValType ok = OnlyValType("6a 01 77 00");
  EXPECT_EQ(ok.members[0].type->primitive, types::Kind::kU64);
  EXPECT_FALSE(ok.members[1].type.has_value());
  const DefValType error = OnlyValType("6a 00 01 78");
  EXPECT_FALSE(error.members[0].type.has_value());
  EXPECT_TRUE(error.members[1].type.has_value());
}

TEST(DecodeType, ReadsHandlesStreamsAndFutures) {
  EXPECT_EQ(OnlyValType("69 03").resource, 3u);
  EXPECT_EQ(OnlyValType("68 03").kind, types::Kind::kBorrow);
  EXPECT_TRUE(OnlyValType("66 01 7d").members[0].type.has_value());
  EXPECT_FALSE(OnlyValType("65 00").members[0].type.has_value());
}

TEST(DecodeType, ReadsTypeIndicesOfMoreThanSixBits) {
  // 0x40 and up are opcodes when signed: index 64 takes two bytes.
  EXPECT_EQ(OnlyValType("70 c0 00").members[0].type->index, 64u);
  EXPECT_EQ(OnlyValType("70 ff ff ff ff 0f").members[0].type->index, 0xffffffffu);
}

TEST(DecodeType, ReadsFunctionTypes) {
  const auto func = std::get<FuncTypeDef>(Only<TypeDef>("07 [01 40 01 ['p'] 7f 00 79]").def);
  EXPECT_FALSE(func.is_async);
  EXPECT_EQ(func.params[0].label, "p");
  EXPECT_EQ(func.result->primitive, types::Kind::kU32);
  const auto async = std::get<FuncTypeDef>(Only<TypeDef>("07 [01 43 00 01 00]").def);
  EXPECT_TRUE(async.is_async);
  EXPECT_FALSE(async.result.has_value());
}

TEST(DecodeType, ReadsResourceTypes) {
  const auto plain = std::get<ResourceTypeDef>(Only<TypeDef>("07 [01 3f 7f 00]").def);
  EXPECT_FALSE(plain.rep64 || plain.destructor.has_value());
  const auto full = std::get<ResourceTypeDef>(Only<TypeDef>("07 [01 3f 7e 01 09]").def);
  EXPECT_TRUE(full.rep64);
  EXPECT_EQ(full.destructor, 9u);
}

TEST(DecodeType, ReadsComponentTypes) {
  const auto type = std::get<ComponentTypeDef>(
      Only<TypeDef>(
          "07 [01 41 05 00 60 00 00 01 73 02 03 02 01 00 03 00 ['a'] 03 01 04 00 ['b'] 01 02]")
          .def);
  ASSERT_EQ(type.decls.size(), 5u);
  EXPECT_TRUE(std::holds_alternative<wasm::CoreTypeDef>(type.decls[0].decl));
  EXPECT_TRUE(std::holds_alternative<std::shared_ptr<TypeDef>>(type.decls[1].decl));
  EXPECT_TRUE(std::holds_alternative<Alias>(type.decls[2].decl));
  EXPECT_EQ(std::get<ImportDecl>(type.decls[3].decl).name.name, "a");
  EXPECT_EQ(std::get<ExportDecl>(type.decls[4].decl).desc.type, 2u);
  EXPECT_EQ(type.decls[1].offset, 17u);
}

TEST(DecodeType, ReadsInstanceTypes) {
  const auto type = std::get<InstanceTypeDef>(Only<TypeDef>("07 [01 42 01 01 42 00]").def);
  ASSERT_EQ(type.decls.size(), 1u);
}

// ---- canonical definitions ----------------------------------------------------------------------

Canon OnlyCanon(std::string_view text) { return Only<Canon>(absl::StrCat("08 [01 ", text, "]")); }

template <typename T>
T OnlyBuiltin(std::string_view text) {
  return std::get<T>(std::get<CanonBuiltin>(OnlyCanon(text).def).def);
}

TEST(DecodeCanon, ReadsLiftWithItsOptions) {
  const auto lift = std::get<CanonLift>(OnlyCanon("00 00 01 05 02 03 04 04 05 05 06 06 07").def);
  EXPECT_EQ(lift.func, 1u);
  EXPECT_EQ(lift.type, 7u);
  EXPECT_EQ(lift.options.string_encoding, StringEncoding::kLatin1Utf16);
  EXPECT_EQ(lift.options.memory, 4u);
  EXPECT_EQ(lift.options.realloc, 5u);
  EXPECT_EQ(lift.options.post_return, 6u);
  EXPECT_TRUE(lift.options.is_async);
  EXPECT_FALSE(lift.options.callback.has_value());
}

TEST(DecodeCanon, ReadsLower) {
  const auto lower = std::get<CanonLower>(OnlyCanon("01 00 02 01 07 08").def);
  EXPECT_EQ(lower.func, 2u);
  EXPECT_EQ(lower.options.callback, 8u);
  EXPECT_EQ(lower.options.string_encoding, StringEncoding::kUtf8);
}

TEST(DecodeCanon, ReadsResourceBuiltins) {
  const auto drop = OnlyBuiltin<CanonResource>("03 05");
  EXPECT_EQ(drop.op, ResourceOp::kDrop);
  EXPECT_EQ(drop.type, 5u);
}

TEST(DecodeCanon, ReadsTaskBuiltins) {
  const auto task_return = OnlyBuiltin<CanonTaskReturn>("09 00 79 01 03 02");
  EXPECT_EQ(task_return.result->primitive, types::Kind::kU32);
  EXPECT_EQ(task_return.options.memory, 2u);
  EXPECT_TRUE(OnlyBuiltin<CanonSubtaskCancel>("06 01").is_async);
  EXPECT_FALSE(OnlyBuiltin<CanonSubtaskCancel>("06 00").is_async);
}

TEST(DecodeCanon, ReadsContextSlots) {
  const auto set = OnlyBuiltin<CanonContext>("0b 7e 01");
  EXPECT_EQ(set.op, ContextOp::kSet);
  EXPECT_EQ(set.type, types::CoreType::kI64);
  EXPECT_EQ(set.slot, 1u);
}

TEST(DecodeCanon, ReadsStreamAndFutureBuiltins) {
  const auto fresh = OnlyBuiltin<CanonEndsNew>("15 03");
  EXPECT_EQ(fresh.kind, EndKind::kFuture);
  EXPECT_EQ(fresh.type, 3u);
  const auto read = OnlyBuiltin<CanonEndCopy>("0f 04 01 06");
  EXPECT_EQ(read.side, EndSide::kReadable);
  EXPECT_EQ(read.type, 4u);
  EXPECT_TRUE(read.options.is_async);
  const auto cancel = OnlyBuiltin<CanonEndCancel>("12 05 01");
  EXPECT_EQ(cancel.side, EndSide::kWritable);
  EXPECT_EQ(cancel.type, 5u);
  EXPECT_TRUE(cancel.is_async);
  EXPECT_EQ(OnlyBuiltin<CanonEndDrop>("1a 06").type, 6u);
}

TEST(DecodeCanon, ReadsErrorContextBuiltins) {
  const auto message = OnlyBuiltin<CanonErrorContext>("1d 01 04 07");
  EXPECT_EQ(message.op, ErrorContextOp::kDebugMessage);
  EXPECT_EQ(message.options.realloc, 7u);
}

TEST(DecodeCanon, ReadsWaitsAndPolls) {
  const auto poll = OnlyBuiltin<CanonWaitableSet>("21 01 06");
  EXPECT_EQ(poll.op, WaitableSetOp::kPoll);
  EXPECT_TRUE(poll.cancellable);
  EXPECT_EQ(poll.memory, 6u);
}

TEST(DecodeCanon, ReadsThreadBuiltins) {
  EXPECT_EQ(OnlyBuiltin<CanonThreadSwitch>("0c 01").op, ThreadSwitchOp::kYield);
  EXPECT_TRUE(OnlyBuiltin<CanonThreadSwitch>("0c 01").cancellable);
  const auto fresh = OnlyBuiltin<CanonThreadNewIndirect>("27 02 03");
  EXPECT_EQ(fresh.start_type, 2u);
  EXPECT_EQ(fresh.table, 3u);
  const auto by_ref = OnlyBuiltin<CanonThreadSpawnRef>("40 01 02");
  EXPECT_TRUE(by_ref.is_shared);
  EXPECT_EQ(by_ref.start_type, 2u);
  const auto spawned = OnlyBuiltin<CanonThreadSpawnIndirect>("41 01 02 03");
  EXPECT_TRUE(spawned.is_shared);
  EXPECT_EQ(spawned.start_type, 2u);
  EXPECT_EQ(spawned.table, 3u);
  EXPECT_TRUE(OnlyBuiltin<CanonThreadParallelism>("42 01").is_shared);
}

// One encoding of every canonical definition, in the order of opcodes.
TEST(DecodeCanon, KnowsEveryOpcode) {
  const std::vector<std::string_view> all = {"00 00 00 00 00",
                                             "01 00 00 00",
                                             "02 00",
                                             "03 00",
                                             "04 00",
                                             "05",
                                             "06 00",
                                             "09 01 00 00",
                                             "0a 7f 00",
                                             "0b 7f 00",
                                             "0c 00",
                                             "0d",
                                             "0e 00",
                                             "0f 00 00",
                                             "10 00 00",
                                             "11 00 00",
                                             "12 00 00",
                                             "13 00",
                                             "14 00",
                                             "15 00",
                                             "16 00 00",
                                             "17 00 00",
                                             "18 00 00",
                                             "19 00 00",
                                             "1a 00",
                                             "1b 00",
                                             "1c 00",
                                             "1d 00",
                                             "1e",
                                             "1f",
                                             "20 00 00",
                                             "21 00 00",
                                             "22",
                                             "23",
                                             "24",
                                             "25",
                                             "26",
                                             "27 00 00",
                                             "28",
                                             "29 00",
                                             "2a 00",
                                             "2b 00",
                                             "2c 00",
                                             "2d 00",
                                             "40 00 00",
                                             "41 00 00 00",
                                             "42 00"};
  EXPECT_EQ(all.size(), 47u);
  for (const std::string_view text : all) {
    const CanonOp op = OpOf(OnlyCanon(text));
    EXPECT_EQ(OpcodeOf(op), wasm::FromText(text)[0]);
    EXPECT_NE(CanonOpName(op), "unknown");
  }
}

// ---- index spaces -------------------------------------------------------------------------------

TEST(SortIntroducedBy, IsTheIndexSpaceOfEachDefinition) {
  const auto sorts = [](std::string_view sections) {
    std::vector<Sort> result;
    for (const Definition& definition : MustDecode(sections)->definitions) {
      result.push_back(SortIntroducedBy(definition).value_or(Sort::kCoreTag));
    }
    return result;
  };
  EXPECT_EQ(sorts("01 [00'asm' 01 00 00 00] 02 [01 01 00] 03 [01 60 00 00]"),
            (std::vector{Sort::kCoreModule, Sort::kCoreInstance, Sort::kCoreType}));
  EXPECT_EQ(sorts("04 [00'asm' 0d 00 01 00] 05 [01 01 00] 06 [01 00 02 01 00 ['m']] 07 [01 73]"),
            (std::vector{Sort::kComponent, Sort::kInstance, Sort::kCoreMemory, Sort::kType}));
  EXPECT_EQ(sorts("08 [02 00 00 00 00 00 24] 0a [01 00 ['a'] 05 00] 0b [01 00 ['b'] 04 00 00]"),
            (std::vector{Sort::kFunc, Sort::kCoreFunc, Sort::kInstance, Sort::kComponent}));
  EXPECT_EQ(sorts("0c [01 7f [01]] 09 [00 00 00]"),
            (std::vector{Sort::kValue, Sort::kCoreTag}));  // nothing for a start
}

}  // namespace
}  // namespace davit::binary
