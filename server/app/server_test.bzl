"""Tests of davitd within the process of the test."""

load("//build_defs:davit.bzl", "davit_cc_test")

def davit_server_test(name, deps = [], **kwargs):
    """A davit_cc_test that starts real servers with a real engine."""
    davit_cc_test(
        name = name,
        size = "medium",
        data = [
            "//examples:calc",
            "//tests/guests/wat:hog",
            "//tests/guests/wat:imports",
            "//tests/guests/wat:mismatched_modules",
            "//tests/guests/wat:post_return",
            "//tests/guests/wat:start_counts",
            "//tests/guests/wat:start_loops",
            "//tests/guests/wat:start_traps",
            "//tests/guests/wat:traps",
            "//tests/guests/wat:waits",
            "//tests/guests/wat:wasi_command",
        ],
        deps = [
            "//server/app:server_test_util",
            "@googletest//:gtest_main",
        ] + deps,
        **kwargs
    )
