// Which folder may use which: docs/architecture.md, "The parts".

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace davit {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// The folders of runtime/, each of which uses only those before it.
constexpr std::array<std::string_view, 18> kRuntime = {
    "base",        "wasm",         "types",        "text",      "binary",         "handles",
    "canon",       "canon/vals",   "canon/native", "link",      "engine/process", "engine/code",
    "engine/cell", "engine/store", "engine",       "component", "wasi",           ""};

struct Edge {
  std::string from, to;  // labels
};

// The generator of bindings makes sources: nothing is linked with it.
bool IsGenerator(std::string_view label) { return absl::StartsWith(label, "//client/codegen:"); }

// Those between C++ targets and what they are linked with, without files.
std::vector<Edge> ReadEdges() {
  std::ifstream file("tests/layers/edges");
  std::vector<Edge> edges;
  for (std::string line; std::getline(file, line);) {
    const size_t arrow = line.find("\" -> \"");
    if (arrow == std::string::npos) continue;
    std::string_view from = line, to = line;
    from = from.substr(0, arrow);
    to.remove_prefix(arrow + 6);
    from.remove_prefix(from.find('"') + 1);
    to = to.substr(0, to.find('"'));
    if (IsGenerator(from) || IsGenerator(to)) continue;
    edges.push_back({std::string(from), std::string(to)});
  }
  return edges;
}

std::string_view PackageOf(std::string_view label) { return label.substr(0, label.find(':')); }

// The place of a package of runtime/ in the order above; nothing for other packages.
std::optional<size_t> LayerOf(std::string_view label) {
  std::string_view package = PackageOf(label);
  if (!absl::ConsumePrefix(&package, "//runtime")) return std::nullopt;
  absl::ConsumePrefix(&package, "/");
  std::optional<size_t> layer;
  for (size_t i = 0; i < kRuntime.size(); ++i) {
    const bool is_in =
        package == kRuntime[i] ||
        (!kRuntime[i].empty() && absl::StartsWith(package, absl::StrCat(kRuntime[i], "/")));
    if (is_in && (!layer || kRuntime[i].size() > kRuntime[*layer].size())) layer = i;
  }
  return layer;
}

// Everything that the targets of `packages` need, in the end.
std::set<std::string> Reachable(const std::vector<Edge>& edges,
                                const std::vector<std::string_view>& packages) {
  std::set<std::string> reached;
  std::vector<std::string> next;
  for (const Edge& edge : edges) {
    if (std::ranges::find(packages, PackageOf(edge.from)) != packages.end()) {
      next.push_back(edge.from);
    }
  }
  while (!next.empty()) {
    const std::string label = std::move(next.back());
    next.pop_back();
    if (!reached.insert(label).second) continue;
    for (const Edge& edge : edges) {
      if (edge.from == label) next.push_back(edge.to);
    }
  }
  return reached;
}

bool IsOf(std::string_view label, std::string_view repository) {
  while (absl::ConsumePrefix(&label, "@")) {
  }
  return absl::StartsWith(label, absl::StrCat(repository, "//"));
}

class LayersTest : public ::testing::Test {
 protected:
  const std::vector<Edge> edges_ = ReadEdges();
};

TEST_F(LayersTest, AreReadFromTheBuild) {
  ASSERT_THAT(edges_, SizeIs(testing::Gt(500)));
  const auto reached = Reachable(edges_, {"//server/app"});
  EXPECT_TRUE(std::ranges::any_of(reached, [](const auto& l) { return IsOf(l, "v8"); }));
  EXPECT_TRUE(std::ranges::any_of(reached, [](const auto& l) { return IsOf(l, "protobuf"); }));
}

TEST_F(LayersTest, LinkingAndTheCanonicalAbiReachNeitherV8NorProtobuf) {
  const auto reached = Reachable(edges_, {"//runtime/link", "//runtime/canon"});
  ASSERT_THAT(reached, Not(IsEmpty()));
  for (const std::string& label : reached) {
    EXPECT_FALSE(IsOf(label, "v8") || IsOf(label, "protobuf") || absl::StartsWith(label, "//proto"))
        << label;
  }
}

TEST_F(LayersTest, OnlyTheEngineUsesV8) {
  for (const Edge& edge : edges_) {
    if (!IsOf(edge.to, "v8") || IsOf(edge.from, "v8")) continue;
    EXPECT_TRUE(absl::StartsWith(edge.from, "//runtime/engine")) << edge.from;
  }
}

TEST_F(LayersTest, TheRuntimeKnowsNoGrpcAndNoServer) {
  for (const std::string& label : Reachable(edges_, {"//runtime"})) {
    EXPECT_FALSE(IsOf(label, "grpc") || absl::StartsWith(label, "//server") ||
                 absl::StartsWith(label, "//client"))
        << label;
  }
}

TEST_F(LayersTest, EachFolderOfTheRuntimeUsesOnlyThoseAboveIt) {
  for (const Edge& edge : edges_) {
    const auto from = LayerOf(edge.from), to = LayerOf(edge.to);
    if (!from || !to) continue;
    // What engine/ is told is known to all of its parts.
    if (edge.to == "//runtime/engine:options") continue;
    EXPECT_LE(*to, *from) << edge.from << " uses " << edge.to;
  }
}

TEST_F(LayersTest, TheClientUsesTypesAndTextOnly) {
  for (const Edge& edge : edges_) {
    if (!absl::StartsWith(edge.from, "//client") || absl::StartsWith(edge.to, "//client")) continue;
    if (!absl::StartsWith(edge.to, "//runtime") && !absl::StartsWith(edge.to, "//server")) continue;
    const std::string_view package = PackageOf(edge.to);
    EXPECT_TRUE(package == "//runtime/types" || package == "//runtime/text" ||
                package == "//runtime/base")
        << edge.from << " uses " << edge.to;
  }
}

}  // namespace
}  // namespace davit
