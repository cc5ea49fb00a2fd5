// Boost.Asio, compiled here once for all that use it.
#include <boost/asio/impl/src.hpp>
#include <boost/assert/source_location.hpp>
#include <cstdlib>
#include <exception>

#include "absl/log/log.h"

// What Boost calls instead of throwing, where it is compiled without exceptions: each operation
// that davit uses has a form with an error code, so that this is never reached.
namespace boost {
void throw_exception(const std::exception& error) {
  LOG(FATAL) << "an exception of Boost: " << error.what();
}
void throw_exception(const std::exception& error, const source_location& /*where*/) {
  throw_exception(error);
}
}  // namespace boost
