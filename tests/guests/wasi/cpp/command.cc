// A command of libc++ and wasi-libc: argv[1] says what it does.
//
//   hello                     prints `hello from c++`
//   args A...                 prints each argument, the program's name first, one a line
//   echo                      copies standard input to standard output, line by line
//   words                     counts the words of standard input; prints `WORD COUNT`, sorted
//   clock                     prints nanoseconds since 1970
//   random                    prints a number of std::random_device
//   statics                   prints `construct NAME`, `main`, `destroy NAME`, in this order
//   write PATH TEXT           makes or overwrites a file
//   read PATH                 prints a file
//
// Files are C's: Debian's libc++ for WebAssembly has no file streams, no std::filesystem and no
// threads.
//
// What fails is told on standard error as `error: TEXT` and ends the command with exit code 1; so
// does a wrong usage.

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

[[noreturn]] void Fail(std::string_view why) {
  std::cerr << "error: " << why << '\n';
  std::exit(EXIT_FAILURE);
}

// Whether this program prints when its static objects begin and end.
bool tells_of_statics = false;

class Static {
 public:
  explicit Static(std::string name) : name_(std::move(name)) {}
  ~Static() {
    if (tells_of_statics) std::cout << "destroy " << name_ << std::endl;
  }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

const Static constructed("of the program");

void Statics() {
  tells_of_statics = true;
  std::cout << "construct " << constructed.name() << "\nmain" << std::endl;
}

void Echo() {
  for (std::string line; std::getline(std::cin, line);) std::cout << line << '\n';
}

void Words() {
  std::map<std::string, int> counts;
  for (std::string word; std::cin >> word;) ++counts[word];
  for (const auto& [word, count] : counts) std::cout << word << ' ' << count << '\n';
}

void Clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::cout << std::chrono::nanoseconds(now).count() << '\n';
}

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

void Write(const std::string& path, std::string_view text) {
  const File file(std::fopen(path.c_str(), "w"));
  if (file == nullptr) Fail(std::strerror(errno));
  std::fwrite(text.data(), 1, text.size(), file.get());
}

std::string Contents(const std::string& path) {
  const File file(std::fopen(path.c_str(), "r"));
  if (file == nullptr) Fail(std::strerror(errno));
  std::string contents;
  for (int c = 0; (c = std::getc(file.get())) != EOF;) contents.push_back(static_cast<char>(c));
  return contents;
}

bool Run(std::string_view name, std::span<char*> arguments) {
  if (arguments.empty() && name == "hello") {
    std::cout << "hello from c++\n";
  } else if (arguments.empty() && name == "echo") {
    Echo();
  } else if (arguments.empty() && name == "words") {
    Words();
  } else if (arguments.empty() && name == "clock") {
    Clock();
  } else if (arguments.empty() && name == "random") {
    std::cout << std::random_device()() << '\n';
  } else if (arguments.empty() && name == "statics") {
    Statics();
  } else if (arguments.size() == 1 && name == "read") {
    std::cout << Contents(arguments[0]);
  } else if (arguments.size() == 2 && name == "write") {
    Write(arguments[0], arguments[1]);
  } else {
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments(argv, argc);
  if (argc > 1 && std::string_view(argv[1]) == "args") {
    for (const char* argument : arguments) std::cout << argument << '\n';
    return EXIT_SUCCESS;
  }
  if (argc < 2 || !Run(argv[1], arguments.subspan(2))) Fail("usage");
  return EXIT_SUCCESS;
}
