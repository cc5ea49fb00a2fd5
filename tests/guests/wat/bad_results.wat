;; Memory: 16.. the result area that most functions point to; 64.. bytes that are not what they should be.
(module $bad_results
  (memory (export "memory") 1)
  (global $area i32 (i32.const 16))
  (data (i32.const 64) "\ff\fe")                     ;; never in UTF-8
  (data (i32.const 72) "\c0\80")                     ;; an overlong U+0000
  (data (i32.const 80) "\ed\a0\80")                  ;; U+D800
  (data (i32.const 88) "\e2\82")                     ;; U+20AC without its last byte
  (data (i32.const 96) "\00\f4\8f\bf\bf\ed\9f\bf")   ;; U+0000 U+10FFFF U+D7FF
  (data (i32.const 128) "\01\05\02\05")              ;; option<u8>: some(5), then discriminant 2
  (data (i32.const 144) "\00\00\00\00\10\00\00\00")  ;; a string of length 16 at 0...
  (data (i32.const 152) "\00\00\01\00\01\00\00\00")  ;; and one of length 1 at the end of memory

  (func $pair (param $pointer i32) (param $length i32) (result i32)
    (i32.store (global.get $area) (local.get $pointer))
    (i32.store offset=4 (global.get $area) (local.get $length))
    (global.get $area))

  (func (export "area-misaligned") (result i32) (i32.const 18))
  (func (export "area-out-of-bounds") (result i32) (i32.const 0xfffffff8))
  (func (export "area-past-the-end-by-one") (result i32) (i32.const 65532))

  (func (export "string-out-of-bounds") (result i32) (call $pair (i32.const 65530) (i32.const 7)))
  (func (export "string-wraps-around") (result i32) (call $pair (i32.const 16) (i32.const -8)))
  (func (export "string-too-long") (result i32) (call $pair (i32.const 0) (i32.const 0x10000000)))
  (func (export "string-not-utf8") (result i32) (call $pair (i32.const 64) (i32.const 2)))
  (func (export "string-overlong") (result i32) (call $pair (i32.const 72) (i32.const 2)))
  (func (export "string-surrogate") (result i32) (call $pair (i32.const 80) (i32.const 3)))
  (func (export "string-cut-short") (result i32) (call $pair (i32.const 88) (i32.const 2)))

  (func (export "list-out-of-bounds") (result i32) (call $pair (i32.const 0) (i32.const 65537)))
  (func (export "list-misaligned") (result i32) (call $pair (i32.const 18) (i32.const 1)))
  (func (export "list-wraps-around") (result i32) (call $pair (i32.const 0) (i32.const 0x20000000)))
  (func (export "list-too-long") (result i32) (call $pair (i32.const 0) (i32.const 0x10000000)))
  (func (export "list-inner-out-of-bounds") (result i32) (call $pair (i32.const 144) (i32.const 2)))

  (func (export "enum-discriminant") (result i32) (i32.const 3))
  (func (export "variant-discriminant") (result i32)
    (i32.store8 (global.get $area) (i32.const 2)) (global.get $area))
  (func (export "option-discriminant") (result i32)
    (i32.store8 (global.get $area) (i32.const 2)) (global.get $area))
  (func (export "result-discriminant") (result i32)
    (i32.store8 (global.get $area) (i32.const 255)) (global.get $area))
  (func (export "list-of-options-discriminant") (result i32) (call $pair (i32.const 128) (i32.const 2)))

  (func (export "char-surrogate") (result i32) (i32.const 0xd800))
  (func (export "char-too-large") (result i32) (i32.const 0x110000))

  (func (export "odd-bool") (result i32) (i32.const 0x100))
  (func (export "odd-u8") (result i32) (i32.const 0x1ff))
  (func (export "odd-s8") (result i32) (i32.const 0x180))
  (func (export "odd-u16") (result i32) (i32.const 0x12345))
  (func (export "odd-flags") (result i32) (i32.const 0xfe))
  (func (export "odd-f32") (result f32) (f32.const nan:0x200001))
  (func (export "odd-f64") (result f64) (f64.const -nan:0x4000000000001))
  (func (export "empty-string-out-of-bounds") (result i32) (call $pair (i32.const 65537) (i32.const 0)))
  (func (export "odd-empty-string") (result i32) (call $pair (i32.const 65536) (i32.const 0)))
  (func (export "odd-string") (result i32) (call $pair (i32.const 96) (i32.const 8))))
