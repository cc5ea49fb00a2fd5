"""The project's C++ rules: cc_* with the flags that all of davit is compiled with."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

_COPTS = [
    "-std=c++23",
    "-fno-rtti",
    "-fno-exceptions",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-unused-parameter",
]

def davit_cc_library(name, copts = [], **kwargs):
    """A cc_library. It is always linked statically."""
    cc_library(
        name = name,
        copts = _COPTS + copts,
        linkstatic = True,
        **kwargs
    )

def davit_cc_binary(name, copts = [], **kwargs):
    """A cc_binary."""
    cc_binary(
        name = name,
        copts = _COPTS + copts,
        **kwargs
    )

def davit_cc_test(name, copts = [], size = "small", **kwargs):
    """A cc_test, small (one minute at most) unless `size` says otherwise."""
    cc_test(
        name = name,
        size = size,
        copts = _COPTS + copts,
        linkstatic = True,
        **kwargs
    )
