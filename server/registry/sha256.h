#ifndef DAVIT_SERVER_REGISTRY_SHA256_H_
#define DAVIT_SERVER_REGISTRY_SHA256_H_

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace davit::server {

// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();

  void Update(std::string_view bytes);
  // The digest in lower-case hex. Once.
  std::string Finish();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

std::string Sha256Hex(std::string_view bytes);

}  // namespace davit::server

#endif  // DAVIT_SERVER_REGISTRY_SHA256_H_
