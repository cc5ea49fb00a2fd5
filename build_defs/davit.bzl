"""The project's C++ rules: cc_* with the flags that all of davit is compiled with."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")
load("//build_defs:proto.bzl", _davit_cc_proto = "davit_cc_proto", _davit_descriptor_set = "davit_descriptor_set", _davit_internal_proto = "davit_internal_proto")
load("//build_defs:wasm.bzl", _davit_wat = "davit_wat", _davit_wat_component = "davit_wat_component")

_COPTS = [
    "-std=c++23",
    "-fno-exceptions",
    "-fno-rtti",  # As V8 is built: davit derives from V8's classes.
    "-Wall",
    "-Wextra",
    "-Wnon-virtual-dtor",
    "-Wno-missing-field-initializers",  # Designated initialisers name what differs from the default.
    "-Werror",
]

# What a call passes through, from its arguments into the guest and back: many small functions in many files. Programs
# that ask for it are optimised across them, which takes a tenth to a fifth off a call. g++ leaves both forms in one
# object, so that tests link as fast as ever.
_CALL_PATH = [
    "runtime/base",
    "runtime/canon",
    "runtime/canon/native",
    "runtime/canon/vals",
    "runtime/component",
    "runtime/engine",
    "runtime/engine/cell",
    "runtime/engine/code",
    "runtime/engine/process",
    "runtime/engine/store",
    "runtime/handles",
]

def _lto(options):
    return select({
        "//build_defs:link_time_optimization": options,
        "//conditions:default": [],
    })

# What a program needs besides its own dependencies.
_PROGRAM_DEPS = select({
    "//build_defs:thread_sanitizer": ["//build_defs:tsan_abseil"],
    "//conditions:default": [],
})

def davit_cc_library(name, copts = [], **kwargs):
    """A cc_library, always linked statically."""
    on_call_path = native.package_name() in _CALL_PATH
    cc_library(
        name = name,
        copts = _COPTS + copts + (_lto(["-flto", "-ffat-lto-objects"]) if on_call_path else []),
        linkstatic = True,
        **kwargs
    )

def davit_cc_binary(name, copts = [], deps = [], linkopts = [], runs_calls = False, **kwargs):
    """A cc_binary; one that `runs_calls` has the path of a call optimised as a whole."""
    cc_binary(
        name = name,
        copts = _COPTS + copts,
        linkopts = linkopts + _lto(["-flto=auto", "-O2"] if runs_calls else ["-fno-lto"]),
        deps = deps + _PROGRAM_DEPS,
        **kwargs
    )

def davit_cc_test(name, copts = [], deps = [], linkopts = [], size = "small", **kwargs):
    """A cc_test; small (a minute at most) unless `size` says otherwise."""
    cc_test(
        name = name,
        size = size,
        copts = _COPTS + copts,
        linkopts = linkopts + _lto(["-fno-lto"]),
        linkstatic = True,
        deps = deps + _PROGRAM_DEPS,
        **kwargs
    )

def davit_cc_fuzz_test(name, corpus = [], deps = [], args = [], size = "small", **kwargs):
    """A test whose sources define LLVMFuzzerTestOneInput.

    By default it runs the committed corpus and a short, reproducible series of mutations of it. Under --config=fuzz it
    is a libFuzzer program: `bazel-bin/PACKAGE/NAME CORPUS_DIR`.

    Args:
      name: of the test.
      corpus: labels of the inputs, interesting ones and those that once failed.
      deps: as of cc_test.
      args: as of cc_test; the corpus is added.
      size: as of cc_test.
      **kwargs: as of davit_cc_test.
    """
    davit_cc_test(
        name = name,
        size = size,
        args = args + ["$(rootpaths %s)" % label for label in corpus],
        data = corpus,
        linkopts = select({
            "//build_defs:fuzzing": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps + select({
            "//build_defs:fuzzing": [],
            "//conditions:default": ["//build_defs:fuzz_regression_main"],
        }),
        **kwargs
    )

# The macros for schemas and text, to be loaded from here as well. Those for guests and crates are in guests.bzl and
# cargo.bzl.
davit_cc_proto = _davit_cc_proto
davit_descriptor_set = _davit_descriptor_set
davit_internal_proto = _davit_internal_proto
davit_wat = _davit_wat
davit_wat_component = _davit_wat_component
