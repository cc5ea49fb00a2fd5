"""Writes compile_commands.json of the whole tree from what Bazel would run.

    deploy/enter python3 deploy/compile_commands.py

The file serves clang-tidy and editors. Generated sources must have been built for their headers to be found.
"""

import json
import os
import subprocess

# clang does not know these; they change no diagnosis.
_GCC_ONLY = {"-Wno-free-nonheap-object", "-fno-canonical-system-headers", "-Wunused-but-set-parameter"}
# Outputs, and the option that is written for each of them.
_DROPPED_PAIRS = {"-MF", "-o"}
_DROPPED = {"-MD"}


def _bazel(command, *arguments):
    return subprocess.run(["bazel", command, "--ui_event_filters=-info", *arguments],
                          check=True, stdout=subprocess.PIPE, text=True).stdout


def _clang_arguments(arguments, external):
    """What clang is given for a compilation from the project's own directory."""
    kept = ["clang++"]
    rest = iter(arguments[1:])
    for argument in rest:
        if argument in _DROPPED_PAIRS:
            next(rest)
        elif argument.startswith("external/"):
            kept.append(os.path.join(external, argument))
        elif argument not in _GCC_ONLY | _DROPPED and not argument.startswith("-frandom-seed"):
            kept.append(argument)
    return kept


def _commands(graph, project, external):
    by_file = {}
    for action in graph.get("actions", []):
        arguments = action["arguments"]
        source = arguments[arguments.index("-c") + 1]
        if not source.startswith(("external/", "bazel-out/")):
            by_file[source] = {
                "directory": project,
                "file": source,
                "arguments": _clang_arguments(arguments, external),
            }
    return [by_file[source] for source in sorted(by_file)]


def main():
    project = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    os.chdir(project)
    commands = _commands(json.loads(_bazel("aquery", "--output=jsonproto", "--include_artifacts=false",
                                           'mnemonic("CppCompile", //...)')),
                         project, _bazel("info", "execution_root").strip())
    with open("compile_commands.json", "w", encoding="utf-8") as file:
        json.dump(commands, file, indent=1)
    print(f"compile_commands.json: {len(commands)} translation units")


if __name__ == "__main__":
    main()
