#ifndef DAVIT_RUNTIME_ENGINE_STORE_IDS_H_
#define DAVIT_RUNTIME_ENGINE_STORE_IDS_H_

#include "runtime/base/index.h"

// Things that live in a store, by number; meaningless in another one.
namespace davit::engine {

struct ExternTag;
using ExternId = base::Index<ExternTag>;  // a func, table, memory, global or tag
struct CoreInstanceTag;
using CoreInstanceId = base::Index<CoreInstanceTag>;
struct FuncTag;
using FuncId = base::Index<FuncTag>;  // a core func that the host can call
struct MemoryTag;
using MemoryId = base::Index<MemoryTag>;

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_STORE_IDS_H_
