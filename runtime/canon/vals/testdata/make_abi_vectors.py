"""Writes abi_vectors.txt: values, and what the Canonical ABI makes of them.

    python3 make_abi_vectors.py DIR > abi_vectors.txt

DIR holds definitions.py, the executable form of CanonicalABI.md (design/mvp/canonical-abi/ of
WebAssembly/component-model at 6d28164). It is the judge here and no part of this project.

One stanza for each value and string encoding, of lines with a key and the rest:

    type    the type, as WIT without spaces; record{a:u8} variant{a,b(u8)} enum{a} flags{a}
    value   the value as the text form of a Val
    as      utf8, utf16 or latin1+utf16
    slots   the flat parameters of func(p: type), in hexadecimal
    params  what realloc gave for them: the bytes from 1024 on
    calls   the calls of realloc: old pointer, old size, alignment, new size; ...
    result  the bytes from 16 on, after the value was stored there as a result

and one for each string that goes from one guest to another:

    from    the encoding of the source, "latin1" and "utf16" being the two forms of latin1+utf16
    bytes   what lies at 16 in the source, and "units", the tagged code units
    as      the encoding of the destination
    slots, params, calls    as above

Bytes are in hexadecimal, with ~N~ for N zeros. realloc is TestMemory's: it never reuses an
address, always moves, and clears what it leaves.
"""

import math
import random
import re
import struct
import sys

sys.path.insert(0, sys.argv[1])
import definitions as abi  # noqa: E402

FIRST_FREE = 1024
RESULT = 16
MEMORY_SIZE = 1 << 18
ENCODINGS = ["utf8", "utf16", "latin1+utf16"]


def text_of_bytes(data):
    return re.sub("(?:00){4,}(?=(?:..)*$)", lambda m: f"~{len(m[0]) // 2}~", data.hex())


class Memory:
    def __init__(self, encoding):
        self.bytes = bytearray(MEMORY_SIZE)
        self.next = FIRST_FREE
        self.calls = []
        opts = abi.CanonicalOptions()
        opts.memory = abi.MemInst(self.bytes, "i32")
        opts.string_encoding = encoding
        self.context = abi.LiftLowerContext(opts, abi.ComponentInstance(abi.Store()))
        self.context.reallocate = self.reallocate

    def reallocate(self, old, old_size, alignment, new_size):
        self.calls.append((old, old_size, alignment, new_size))
        pointer = abi.align_to(self.next, alignment)
        self.next = pointer + new_size
        assert self.next <= MEMORY_SIZE
        kept = min(old_size, new_size)
        self.bytes[pointer : pointer + kept] = self.bytes[old : old + kept]
        self.bytes[old : old + old_size] = bytes(old_size)
        return pointer

    def dump(self, begin):
        return text_of_bytes(self.bytes[begin : self.next])

    def call_list(self):
        return ";".join(",".join(map(str, call)) for call in self.calls)


def bits_of(value, core_type):
    if core_type == "f32":
        return struct.unpack("<I", struct.pack("<f", value))[0]
    if core_type == "f64":
        return struct.unpack("<Q", struct.pack("<d", value))[0]
    return value


def lower_params(memory, value, t):
    slots = abi.lower_flat_values(memory.context, 16, [value], [t])
    flat = abi.flatten_types([t], memory.context.opts)
    core_types = flat if len(flat) <= 16 else ["i32"]
    return " ".join(f"{bits_of(v, c):x}" for v, c in zip(slots, core_types, strict=True))


# ---- Types: their text, random values, and the text of those ----

NUMBERS = {
    "s8": (abi.S8Type, -(2**7), 2**7 - 1), "u8": (abi.U8Type, 0, 2**8 - 1),
    "s16": (abi.S16Type, -(2**15), 2**15 - 1), "u16": (abi.U16Type, 0, 2**16 - 1),
    "s32": (abi.S32Type, -(2**31), 2**31 - 1), "u32": (abi.U32Type, 0, 2**32 - 1),
    "s64": (abi.S64Type, -(2**63), 2**63 - 1), "u64": (abi.U64Type, 0, 2**64 - 1),
}
NAME_OF = {cls: name for name, (cls, _, _) in NUMBERS.items()}
NAME_OF |= {abi.BoolType: "bool", abi.F32Type: "f32", abi.F64Type: "f64",
            abi.CharType: "char", abi.StringType: "string"}


def text_of_type(t):
    text = text_of_type
    match t:
        case abi.RecordType(fields):
            return "record{" + ",".join(f"{f.label}:{text(f.t)}" for f in fields) + "}"
        case abi.TupleType(ts):
            return "tuple<" + ",".join(map(text, ts)) + ">"
        case abi.VariantType(cases):
            return "variant{" + ",".join(
                c.label if c.t is None else f"{c.label}({text(c.t)})" for c in cases) + "}"
        case abi.EnumType(labels):
            return "enum{" + ",".join(labels) + "}"
        case abi.FlagsType(labels):
            return "flags{" + ",".join(labels) + "}"
        case abi.OptionType(some):
            return f"option<{text(some)}>"
        case abi.ResultType(ok, err):
            return f"result<{'_' if ok is None else text(ok)},{'_' if err is None else text(err)}>"
        case abi.ListType(element, None):
            return f"list<{text(element)}>"
        case abi.ListType(element, length):
            return f"list<{text(element)},{length}>"
        case abi.MapType(key, value):
            return f"map<{text(key)},{text(value)}>"
    return NAME_OF[type(t)]


ALPHABETS = ["abcXYZ 019", "aé\xff\x80b", "aλж€漢z", "a😀𝄞é"]


def random_string(rng):
    alphabet = rng.choice(ALPHABETS)
    return "".join(rng.choice(alphabet) for _ in range(rng.choice([0, 1, 2, 3, 5, 8, 21])))


def tagged(string):
    return (string, "utf8", len(string.encode()))


def random_value(t, rng):
    value = lambda u: None if u is None else random_value(u, rng)  # noqa: E731
    match t:
        case abi.RecordType(fields):
            return {f.label: value(f.t) for f in fields}
        case abi.TupleType(ts):
            return {str(i): value(u) for i, u in enumerate(ts)}
        case abi.VariantType(cases):
            c = rng.choice(cases)
            return {c.label: value(c.t)}
        case abi.EnumType(labels):
            return {rng.choice(labels): None}
        case abi.FlagsType(labels):
            return {label: rng.random() < 0.5 for label in labels}
        case abi.OptionType(some):
            return {"none": None} if rng.random() < 0.4 else {"some": value(some)}
        case abi.ResultType(ok, err):
            return {"ok": value(ok)} if rng.random() < 0.5 else {"error": value(err)}
        case abi.ListType(element, None):
            return [value(element) for _ in range(rng.choice([0, 1, 2, 5]))]
        case abi.ListType(element, length):
            return [value(element) for _ in range(length)]
        case abi.MapType(k, v):
            return [{"0": value(k), "1": value(v)} for _ in range(rng.choice([0, 1, 3]))]
        case abi.BoolType():
            return rng.random() < 0.5
        case abi.CharType():
            return rng.choice("a\0é€\ud7ff\ue000😀\U0010ffff")
        case abi.StringType():
            return tagged(random_string(rng))
        case abi.F32Type():
            return struct.unpack("<f", struct.pack("<f", rng.choice(
                [0.0, -0.0, 1.5, -3.25e-20, math.inf, -math.inf, rng.uniform(-1e9, 1e9)])))[0]
        case abi.F64Type():
            return rng.choice([0.0, -0.0, 1.5, 5e-324, math.inf, rng.uniform(-1e300, 1e300)])
    _, low, high = NUMBERS[NAME_OF[type(t)]]
    return rng.choice([low, high, 0, 1, rng.randint(low, high)])


def quoted(string):
    return '"' + "".join(
        chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in string.encode()) + '"'


def number_text(t, v):
    match t:
        case abi.F32Type():
            return f"{v:.9g}"
        case abi.F64Type():
            return f"{v:.17g}"
    return str(v)


def is_number(t):
    return NAME_OF.get(type(t)) in NUMBERS or isinstance(t, (abi.F32Type, abi.F64Type))


def text_of_list(t, v):
    if isinstance(t, abi.U8Type):
        return 'u8_list: "' + "".join(f"\\{b:03o}" for b in v) + '"'
    if is_number(t):
        values = ", ".join(number_text(t, x) for x in v)
        return f"{NAME_OF[type(t)]}_list {{ values: [{values}] }}"
    return "list { " + " ".join(f"items {{ {text_of_value(t, x)} }}" for x in v) + " }"


def text_of_value(t, v):
    text = text_of_value
    match t:
        case abi.RecordType(fields):
            return "record { " + " ".join(
                f'fields {{ name: "{f.label}" value {{ {text(f.t, v[f.label])} }} }}'
                for f in fields) + " }"
        case abi.TupleType(ts):
            return "tuple { " + " ".join(
                f"items {{ {text(u, v[str(i)])} }}" for i, u in enumerate(ts)) + " }"
        case abi.VariantType(cases):
            [(label, payload)] = v.items()
            [u] = [c.t for c in cases if c.label == label]
            inner = "" if u is None else f" payload {{ {text(u, payload)} }}"
            return f'variant {{ case: "{label}"{inner} }}'
        case abi.EnumType(_):
            return f'enum: "{next(iter(v))}"'
        case abi.FlagsType(_):
            return "flags { " + " ".join(f'labels: "{k}"' for k, on in v.items() if on) + " }"
        case abi.OptionType(some):
            return ("option { some { " + text(some, v["some"]) + " } }") if "some" in v else "option {}"
        case abi.ResultType(ok, err):
            [(label, payload)] = v.items()
            u, side = (ok, "ok") if label == "ok" else (err, "err")
            inner = "" if u is None else f"value {{ {text(u, payload)} }}"
            return f"result {{ {side} {{ {inner} }} }}"
        case abi.ListType(element, _):
            return text_of_list(element, v)
        case abi.MapType(key, value):
            return "map { " + " ".join(
                f"entries {{ key {{ {text(key, e['0'])} }} value {{ {text(value, e['1'])} }} }}"
                for e in v) + " }"
        case abi.BoolType():
            return f"bool: {str(v).lower()}"
        case abi.CharType():
            return f"char: {ord(v)}"
        case abi.StringType():
            return f"string: {quoted(v[0])}"
    return f"{NAME_OF[type(t)]}: {number_text(t, v)}"


def random_type(rng, depth):
    leaf = rng.choice([*(cls for cls, _, _ in NUMBERS.values()), abi.BoolType, abi.F32Type,
                       abi.F64Type, abi.CharType, abi.StringType, abi.StringType])
    if depth == 0:
        return leaf()
    part = lambda: random_type(rng, depth - 1)  # noqa: E731
    maybe = lambda: None if rng.random() < 0.3 else part()  # noqa: E731
    count = rng.randint(1, 4)
    labels = [f"l{i}" for i in range(count)]
    return rng.choice([
        leaf,
        lambda: abi.RecordType([abi.FieldType(label, part()) for label in labels]),
        lambda: abi.TupleType([part() for _ in labels]),
        lambda: abi.VariantType([abi.CaseType(label, maybe()) for label in labels]),
        lambda: abi.EnumType(labels),
        lambda: abi.FlagsType([f"f{i}" for i in range(rng.choice([1, 8, 9, 16, 17, 32]))]),
        lambda: abi.OptionType(part()),
        lambda: abi.ResultType(maybe(), maybe()),
        lambda: abi.ListType(part()),
        lambda: abi.ListType(part(), rng.randint(1, 3)),
        lambda: abi.MapType(abi.StringType(), part()),
    ])()


def contains_string(t):
    return "string" in text_of_type(t)


# ---- Stanzas ----

def emit(**lines):
    for key, rest in lines.items():
        print(f"{key.rstrip('_')} {rest}".rstrip())
    print()


def emit_value(t, value):
    for encoding in ENCODINGS if contains_string(t) else ENCODINGS[:1]:
        params, result = Memory(encoding), Memory(encoding)
        slots = lower_params(params, value, t)
        if len(abi.flatten_types([t], result.context.opts)) <= 1:
            stored = ""
        else:
            pointer = abi.CoreValueIter([RESULT])
            abi.lower_flat_values(result.context, 1, [value], [t], pointer)
            stored = result.dump(RESULT)
        emit(type=text_of_type(t), value=text_of_value(t, value), as_=encoding, slots=slots,
             params=params.dump(FIRST_FREE), calls=params.call_list(), result=stored)


def emit_transcoding(string):
    sources = [("utf8", "utf-8", 0), ("utf16", "utf-16-le", 0), ("latin1+utf16", "utf-16-le", 1 << 31)]
    if all(ord(c) < 256 for c in string):
        sources.append(("latin1+utf16", "latin-1", 0))
    for source_encoding, python_encoding, tag in sources:
        data = string.encode(python_encoding)
        units = len(data) // (2 if python_encoding == "utf-16-le" else 1) | tag
        for encoding in ENCODINGS:
            source, destination = Memory(source_encoding), Memory(encoding)
            source.bytes[RESULT : RESULT + len(data)] = data
            loaded = abi.load_string_from_range(source.context, RESULT, units)
            slots = lower_params(destination, loaded, abi.StringType())
            emit(from_=source_encoding, bytes=text_of_bytes(data), units=units, as_=encoding, slots=slots,
                 params=destination.dump(FIRST_FREE), calls=destination.call_list())


def main():
    abi.DETERMINISTIC_PROFILE = True
    rng = random.Random(20)
    print("# Made by make_abi_vectors.py, which says what is in here.\n")
    for name in NAME_OF:
        for _ in range(3):
            emit_value(name(), random_value(name(), rng))
    for cases in [256, 257]:
        t = abi.ListType(abi.EnumType([f"c{i}" for i in range(cases)]))
        emit_value(t, [{f"c{cases - 1}": None}])
    joins = [abi.F32Type(), abi.U32Type(), abi.F64Type(), abi.U64Type(), abi.StringType(),
             abi.TupleType([abi.F32Type(), abi.F32Type(), abi.S8Type()])]
    for a in joins:
        for b in joins[:joins.index(a)]:
            t = abi.ResultType(a, b)
            emit_value(t, {"ok": random_value(a, rng)})
            emit_value(t, {"error": random_value(b, rng)})
    for count in [16, 17]:
        t = abi.TupleType([abi.U8Type()] * (count - 1) + [abi.F64Type()])
        emit_value(t, random_value(t, rng))
    emitted = 0
    while emitted < 70:
        t = random_type(rng, 3)
        if abi.elem_size(t, "i32") > 200 or len(text_of_type(t)) > 300:
            continue
        emit_value(t, random_value(t, rng))
        emitted += 1
    for string in ["", "a", "plain ascii, and more of it than a vector register holds, twice: 64+",
                   "é", "naïve café ÿ", "aλ", "λa", "漢字", "😀", "a😀é", "ab" * 20 + "€",
                   "é" * 20, "é" * 20 + "λ"]:
        emit_transcoding(string)


main()
