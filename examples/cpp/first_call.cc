// Calls the component calc on a davitd: first_call [HOST:PORT]

#include <cstdint>
#include <iostream>
#include <string>

#include "client/call.h"
#include "client/status.h"

using davit::client::CallFresh;

int main(int argc, char** argv) {
  davit::client::Client client(argc > 1 ? argv[1] : "127.0.0.1:7447");

  // Each of these calls has a fresh instance, which is dropped afterwards.
  const auto sum = CallFresh<uint32_t>(client, "calc", "bench:calc/api#add", 3u, 4u);
  if (!sum.ok()) {
    std::cerr << davit::client::Explain(sum.status()) << "\n";
    return 1;
  }
  std::cout << "3 + 4 = " << *sum << "\n";

  const std::string boat = "a boat";
  const auto echo = CallFresh<std::string>(client, "calc", "bench:calc/api#echo-string", boat);
  if (echo.ok()) std::cout << *echo << ", lowered and lifted\n";

  // What does not fit is refused before the guest runs.
  const auto refused = CallFresh<uint32_t>(client, "calc", "bench:calc/api#add", 3u, "four");
  std::cout << "refused: " << refused.status().message() << "\n";
}
