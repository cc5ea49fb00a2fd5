#ifndef DAVIT_RUNTIME_LINK_PARK_ANALYSIS_H_
#define DAVIT_RUNTIME_LINK_PARK_ANALYSIS_H_

#include <vector>

#include "runtime/link/program.h"

namespace davit::link {

// Which entries of a program may come to wait for its host: those that have to run where waiting
// is possible.
struct Parks {
  std::vector<bool> lifts;      // by LiftIndex
  std::vector<bool> resources;  // by ResourceId: the destructor
};

// `waits`: by ImportIndex, which imported functions may answer later. What core code calls is not
// looked into: whatever a core instance imports it may call, and so may all that it shares a
// function, table or anything else with. Destructors of the host never wait.
Parks FindParks(const Program& program, const std::vector<bool>& waits);

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_PARK_ANALYSIS_H_
