#ifndef DAVIT_RUNTIME_BINARY_FEATURES_H_
#define DAVIT_RUNTIME_BINARY_FEATURES_H_

namespace davit::binary {

// The gated features of the component model, each with its default: what WASI 0.3.1 ships is on,
// what is not shipped is off. A switch admits syntax and validation; whether a thing can run is
// decided at instantiation. Spec: Explainer.md#gated-features
struct Features {
  bool async = true;       // 0.3.0: async functions, stream, future, their built-ins
  bool map = true;         // 0.3.1
  bool implements = true;  // 0.3.1: implements and external-id name attributes
  bool values = false;     // value imports/exports, start
  bool nested_names = false;
  bool canonical_names = false;  // versionsuffix
  bool more_async_builtins = false;
  bool async_stackful = false;
  bool threading = false;
  bool shared_threads = false;
  bool fixed_length_lists = false;
  bool error_context = false;
  bool memory64 = false;
};

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_FEATURES_H_
