#ifndef DAVIT_SERVER_RPC_PAGE_TOKEN_H_
#define DAVIT_SERVER_RPC_PAGE_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace davit::server {

// Page tokens: where a list goes on, signed with a key that lives as long as the process, so that
// nobody can make or change one. Thread-safe.
class PageTokens {
 public:
  PageTokens();

  // A token for the page after the item `last` of `list` (the collection and its parent).
  std::string Make(std::string_view list, std::string_view last) const;
  // The item that `token` was made with; empty for an empty token. InvalidFieldError "page_token"
  // unless Make(list, ...) of this process returned it.
  absl::StatusOr<std::string> Read(std::string_view list, std::string_view token) const;

 private:
  std::string Sign(std::string_view list, std::string_view last) const;

  std::string key_;
};

// How many items a page has: 50 for 0, at most 1000. InvalidFieldError "page_size" when negative.
absl::StatusOr<size_t> PageSize(int32_t requested);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_PAGE_TOKEN_H_
