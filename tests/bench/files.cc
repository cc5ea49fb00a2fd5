#include "tests/bench/files.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace davit::bench {

void Fail(const absl::Status& status) {
  std::cerr << status.message() << std::endl;
  std::_Exit(EXIT_FAILURE);
}

std::string ReadFile(const std::string& path) {
  const std::ifstream file(path, std::ios::binary);
  if (!file) Fail(absl::NotFoundError(absl::StrCat("cannot read ", path)));
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

}  // namespace davit::bench
