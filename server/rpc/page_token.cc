#include "server/rpc/page_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "absl/log/check.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/rpc/errors.h"

namespace davit::server {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kSignatureBytes = 16;  // HMAC-SHA-256, cut
constexpr int32_t kDefaultPageSize = 50;
constexpr int32_t kMaxPageSize = 1000;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

PageTokens::PageTokens() : key_(kKeyBytes, '\0') {
  CHECK_EQ(RAND_bytes(reinterpret_cast<unsigned char*>(key_.data()), kKeyBytes), 1);
}

std::string PageTokens::Sign(std::string_view list, std::string_view last) const {
  const std::string text = absl::StrCat(list.size(), ":", list, last);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  unsigned int size = 0;
  CHECK(HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), Bytes(text), text.size(),
             mac.data(), &size) != nullptr);
  return std::string(reinterpret_cast<const char*>(mac.data()), kSignatureBytes);
}

std::string PageTokens::Make(std::string_view list, std::string_view last) const {
  return absl::WebSafeBase64Escape(absl::StrCat(Sign(list, last), last));
}

absl::StatusOr<std::string> PageTokens::Read(std::string_view list, std::string_view token) const {
  if (token.empty()) return std::string();
  std::string text;
  if (absl::WebSafeBase64Unescape(token, &text) && text.size() > kSignatureBytes) {
    std::string last = text.substr(kSignatureBytes);
    const std::string signature = Sign(list, last);
    if (CRYPTO_memcmp(signature.data(), text.data(), kSignatureBytes) == 0) return last;
  }
  return InvalidFieldError("page_token", "not the next_page_token of an answer for this parent");
}

absl::StatusOr<size_t> PageSize(int32_t requested) {
  if (requested < 0) return InvalidFieldError("page_size", "must not be negative");
  if (requested == 0) return kDefaultPageSize;
  return std::min(requested, kMaxPageSize);
}

}  // namespace davit::server
