#include "runtime/types/wave_val.h"

namespace davit::types {

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

KindCase CaseOf(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return KindCase::kBool;
    case Kind::kS8:
      return KindCase::kS8;
    case Kind::kU8:
      return KindCase::kU8;
    case Kind::kS16:
      return KindCase::kS16;
    case Kind::kU16:
      return KindCase::kU16;
    case Kind::kS32:
      return KindCase::kS32;
    case Kind::kU32:
      return KindCase::kU32;
    case Kind::kS64:
      return KindCase::kS64;
    case Kind::kU64:
      return KindCase::kU64;
    case Kind::kF32:
      return KindCase::kF32;
    case Kind::kF64:
      return KindCase::kF64;
    case Kind::kChar:
      return KindCase::kChar;
    case Kind::kString:
      return KindCase::kString;
    case Kind::kRecord:
      return KindCase::kRecord;
    case Kind::kTuple:
      return KindCase::kTuple;
    case Kind::kVariant:
      return KindCase::kVariant;
    case Kind::kEnum:
      return KindCase::kEnum;
    case Kind::kOption:
      return KindCase::kOption;
    case Kind::kResult:
      return KindCase::kResult;
    case Kind::kFlags:
      return KindCase::kFlags;
    case Kind::kList:
    case Kind::kFixedList:
      return KindCase::kList;
    case Kind::kMap:
      return KindCase::kMap;
    case Kind::kOwn:
      return KindCase::kOwn;
    case Kind::kBorrow:
      return KindCase::kBorrow;
    case Kind::kErrorContext:
    case Kind::kStream:
    case Kind::kFuture:
      break;
  }
  return KindCase::KIND_NOT_SET;
}

}  // namespace davit::types
