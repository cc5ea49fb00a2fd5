"""A component whose tree doubles at every level: prints its text for the number of levels given."""

import sys


def doubling(levels):
    lines = ["(component", "  (component $level0)"]
    for level in range(1, levels + 1):
        lines += [
            f"  (component $level{level}",
            f"    (alias outer 1 $level{level - 1} (component $inner))",
            "    (instance (instantiate $inner))",
            "    (instance (instantiate $inner)))",
        ]
    lines.append(f"  (instance (instantiate $level{levels})))")
    return "\n".join(lines)


print(doubling(int(sys.argv[1])))
