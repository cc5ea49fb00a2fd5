#include "runtime/text/wave_val.h"

namespace davit::text {

using KindCase = v1::Val::KindCase;

std::string_view CaseName(const v1::Val& val) {
  switch (val.kind_case()) {
    case KindCase::kBool:
      return "bool";
    case KindCase::kS8:
      return "s8";
    case KindCase::kU8:
      return "u8";
    case KindCase::kS16:
      return "s16";
    case KindCase::kU16:
      return "u16";
    case KindCase::kS32:
      return "s32";
    case KindCase::kU32:
      return "u32";
    case KindCase::kS64:
      return "s64";
    case KindCase::kU64:
      return "u64";
    case KindCase::kF32:
      return "f32";
    case KindCase::kF64:
      return "f64";
    case KindCase::kChar:
      return "char";
    case KindCase::kString:
      return "string";
    case KindCase::kList:
      return "list";
    case KindCase::kRecord:
      return "record";
    case KindCase::kTuple:
      return "tuple";
    case KindCase::kVariant:
      return "variant";
    case KindCase::kEnum:
      return "enum";
    case KindCase::kOption:
      return "option";
    case KindCase::kResult:
      return "result";
    case KindCase::kFlags:
      return "flags";
    case KindCase::kOwn:
      return "own";
    case KindCase::kBorrow:
      return "borrow";
    case KindCase::kMap:
      return "map";
    case KindCase::kU8List:
      return "list<u8>";
    case KindCase::kS8List:
      return "list<s8>";
    case KindCase::kU16List:
      return "list<u16>";
    case KindCase::kS16List:
      return "list<s16>";
    case KindCase::kU32List:
      return "list<u32>";
    case KindCase::kS32List:
      return "list<s32>";
    case KindCase::kU64List:
      return "list<u64>";
    case KindCase::kS64List:
      return "list<s64>";
    case KindCase::kF32List:
      return "list<f32>";
    case KindCase::kF64List:
      return "list<f64>";
    case KindCase::KIND_NOT_SET:
      return "nothing";
  }
  return "an unknown value";
}

KindCase CaseOf(types::Kind kind) {
  switch (kind) {
    case types::Kind::kBool:
      return KindCase::kBool;
    case types::Kind::kS8:
      return KindCase::kS8;
    case types::Kind::kU8:
      return KindCase::kU8;
    case types::Kind::kS16:
      return KindCase::kS16;
    case types::Kind::kU16:
      return KindCase::kU16;
    case types::Kind::kS32:
      return KindCase::kS32;
    case types::Kind::kU32:
      return KindCase::kU32;
    case types::Kind::kS64:
      return KindCase::kS64;
    case types::Kind::kU64:
      return KindCase::kU64;
    case types::Kind::kF32:
      return KindCase::kF32;
    case types::Kind::kF64:
      return KindCase::kF64;
    case types::Kind::kChar:
      return KindCase::kChar;
    case types::Kind::kString:
      return KindCase::kString;
    case types::Kind::kRecord:
      return KindCase::kRecord;
    case types::Kind::kTuple:
      return KindCase::kTuple;
    case types::Kind::kVariant:
      return KindCase::kVariant;
    case types::Kind::kEnum:
      return KindCase::kEnum;
    case types::Kind::kOption:
      return KindCase::kOption;
    case types::Kind::kResult:
      return KindCase::kResult;
    case types::Kind::kFlags:
      return KindCase::kFlags;
    case types::Kind::kList:
    case types::Kind::kFixedList:
      return KindCase::kList;
    case types::Kind::kMap:
      return KindCase::kMap;
    case types::Kind::kOwn:
      return KindCase::kOwn;
    case types::Kind::kBorrow:
      return KindCase::kBorrow;
    case types::Kind::kErrorContext:
    case types::Kind::kStream:
    case types::Kind::kFuture:
      break;
  }
  return KindCase::KIND_NOT_SET;
}

}  // namespace davit::text
