#ifndef DAVIT_RUNTIME_WASM_CODE_MAP_H_
#define DAVIT_RUNTIME_WASM_CODE_MAP_H_

#include <cstdint>
#include <vector>

namespace davit::wasm {

// Where the bytes of rewritten code stood in the module as it was given. Immutable once made.
class CodeMap {
 public:
  // From `rewritten` on, up to the next place, bytes follow each other as they did from `original`
  // on. Places are added in order of both. Eight bytes each, and none where nothing has moved.
  void Add(uint64_t rewritten, uint64_t original);

  // Where the code begins of which Add() had the offsets: in the rewritten module and in the
  // original one.
  void SetBegin(uint64_t rewritten, uint64_t original) {
    rewritten_begin_ = rewritten;
    original_begin_ = original;
  }

  // The offset in the original module of one in the rewritten code. What was inserted stands where
  // the next original byte does.
  uint64_t OriginalOf(uint64_t rewritten) const;

  size_t size() const { return places_.size(); }

 private:
  struct Place {
    uint32_t rewritten = 0, original = 0;  // a module has less than 4 GiB
  };
  uint64_t rewritten_begin_ = 0, original_begin_ = 0;
  std::vector<Place> places_;
};

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CODE_MAP_H_
