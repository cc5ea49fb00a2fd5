#ifndef DAVIT_RUNTIME_CANON_VALS_TEST_VALS_H_
#define DAVIT_RUNTIME_CANON_VALS_TEST_VALS_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "davit/v1/val.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/vals/vals.h"
#include "runtime/types/type.h"

// Vals and function types in the words of tests.
namespace davit::canon {

// A Val from the text format, e.g. "u32: 7".
inline v1::Val ValOf(std::string_view text) {
  v1::Val val;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(std::string(text), &val)) << text;
  return val;
}

inline ValArgs ArgsOf(std::initializer_list<std::string_view> texts) {
  ValArgs args;
  for (const std::string_view text : texts) *args.Add() = ValOf(text);
  return args;
}

inline std::string TextOf(const v1::Val& val) {
  std::string text;
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.PrintToString(val, &text);
  if (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

// func(a0: .., a1: ..) -> result.
inline std::shared_ptr<const FuncPlan> PlanOf(std::initializer_list<types::TypePtr> params,
                                              types::TypePtr result = nullptr) {
  types::FuncType type;
  for (const types::TypePtr& param : params) type.params.push_back({"p", param});
  type.result = std::move(result);
  return FuncPlan::Create(std::move(type));
}

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_VALS_TEST_VALS_H_
