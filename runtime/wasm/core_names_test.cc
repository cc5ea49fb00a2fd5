#include "runtime/wasm/core_names.h"

#include <string_view>

#include "gtest/gtest.h"
#include "runtime/wasm/binary_test_util.h"

namespace davit::wasm {
namespace {

CoreNames Read(std::string_view sections) { return CoreNames::Read(ModuleFromText(sections)); }

TEST(CoreNames, GivesTheNamesOfModuleAndFunctions) {
  const CoreNames names = Read(
      "00 14 04'name'"
      "00 04 03'lib'"
      "01 07 02 00 01'f' 05 01'g'");
  EXPECT_EQ(names.module(), "lib");
  EXPECT_EQ(names.function(0), "f");
  EXPECT_EQ(names.function(5), "g");
  EXPECT_EQ(names.function(1), "");
  EXPECT_EQ(names.function(6), "");
}

TEST(CoreNames, FindsFunctionsThatAreOutOfOrder) {
  const CoreNames names = Read("00 0e 04'name' 01 07 02 09 01'g' 02 01'f'");
  EXPECT_EQ(names.function(2), "f");
  EXPECT_EQ(names.function(9), "g");
}

TEST(CoreNames, SkipsOtherSubsectionsAndSections) {
  const CoreNames names = Read("00 05 04'nope' 00 0c 04'name' 02 01 00 00 02 01'm'");
  EXPECT_EQ(names.module(), "m");
}

TEST(CoreNames, KeepsWhatPrecedesAFault) {
  const CoreNames names = Read("00 0d 04'name' 01 06 02 00 01'f' 05 7f");
  EXPECT_EQ(names.function(0), "f");
  EXPECT_EQ(names.function(5), "");
}

TEST(CoreNames, IsEmptyForAModuleWithoutNamesOrWithoutSense) {
  EXPECT_EQ(Read("").module(), "");
  EXPECT_EQ(CoreNames::Read(FromText("00 01 02")).function(0), "");
}

}  // namespace
}  // namespace davit::wasm
