#ifndef DAVIT_RUNTIME_CANON_HOST_STATE_H_
#define DAVIT_RUNTIME_CANON_HOST_STATE_H_

namespace davit::canon {

// What a host keeps for one instance, for the functions and destructors that the instance imports:
// a table of files, say. Touched by whoever has the cell, so that it needs no lock of its own.
class HostState {
 public:
  virtual ~HostState() = default;
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_HOST_STATE_H_
