// Runs a fuzz test without a fuzzer: every corpus file named on the command line, then mutations of
// them that are the same on every run and machine. A failing input is written beside the test's
// other outputs so that it can be added to the corpus.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Input = std::vector<uint8_t>;
using Clock = std::chrono::steady_clock;

constexpr int kMutations = 20'000;
constexpr auto kTimeBudget = std::chrono::seconds(5);
constexpr size_t kMaxGrowth = 64;  // Bytes that one mutation adds at most.

Input ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "cannot read %s\n", path);
    std::exit(2);
  }
  return Input(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// Keeps the input where it survives a crash of the run that follows.
class Recorder {
 public:
  Recorder() {
    const char* dir = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
    if (dir != nullptr) path_ = std::string(dir) + "/last_input";
  }

  void Record(const Input& input) const {
    if (path_.empty()) return;
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(input.data()),
               static_cast<std::streamsize>(input.size()));
  }

 private:
  std::string path_;
};

void Run(const Recorder& recorder, const Input& input) {
  recorder.Record(input);
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

// Derives new inputs from the corpus. Uses the engine's raw numbers only, because the standard's
// distributions differ from library to library.
class Mutator {
 public:
  explicit Mutator(std::vector<Input> corpus) : corpus_(std::move(corpus)) {
    if (corpus_.empty()) corpus_.emplace_back();
  }

  Input Next() {
    Input input = corpus_[Below(corpus_.size())];
    for (size_t count = 1 + Below(4); count > 0; --count) MutateOnce(input);
    return input;
  }

 private:
  size_t Below(size_t bound) { return engine_() % bound; }
  uint8_t Byte() { return static_cast<uint8_t>(engine_()); }

  void MutateOnce(Input& input) {
    if (input.empty()) return Insert(input);
    switch (Below(6)) {
      case 0:
        input[Below(input.size())] ^= static_cast<uint8_t>(1u << Below(8));
        break;
      case 1:
        input[Below(input.size())] = Byte();
        break;
      case 2:
        Insert(input);
        break;
      case 3:
        Erase(input);
        break;
      case 4:
        input.resize(Below(input.size() + 1));
        break;
      default:
        Splice(input);
        break;
    }
  }

  void Insert(Input& input) {
    Input bytes(1 + Below(kMaxGrowth));
    std::generate(bytes.begin(), bytes.end(), [this] { return Byte(); });
    const auto at = input.begin() + static_cast<ptrdiff_t>(Below(input.size() + 1));
    input.insert(at, bytes.begin(), bytes.end());
  }

  void Erase(Input& input) {
    const size_t first = Below(input.size());
    const size_t count = 1 + Below(std::min(kMaxGrowth, input.size() - first));
    const auto at = input.begin() + static_cast<ptrdiff_t>(first);
    input.erase(at, at + static_cast<ptrdiff_t>(count));
  }

  // Overwrites a stretch with one from elsewhere in the corpus.
  void Splice(Input& input) {
    const Input& other = corpus_[Below(corpus_.size())];
    if (other.empty()) return;
    const size_t from = Below(other.size());
    const size_t to = Below(input.size());
    const size_t count = std::min({kMaxGrowth, other.size() - from, input.size() - to});
    std::copy_n(other.begin() + static_cast<ptrdiff_t>(from), count,
                input.begin() + static_cast<ptrdiff_t>(to));
  }

  std::vector<Input> corpus_;
  std::mt19937_64 engine_;  // Default seed: the same series every time.
};

}  // namespace

int main(int argc, char** argv) {
  const Recorder recorder;
  std::vector<Input> corpus;
  for (int i = 1; i < argc; ++i) corpus.push_back(ReadFile(argv[i]));
  for (const Input& input : corpus) Run(recorder, input);

  const Clock::time_point end = Clock::now() + kTimeBudget;
  Mutator mutator(std::move(corpus));
  int mutations = 0;
  for (; mutations < kMutations && Clock::now() < end; ++mutations) Run(recorder, mutator.Next());
  std::printf("%d corpus inputs, %d mutations\n", argc - 1, mutations);
  return 0;
}
