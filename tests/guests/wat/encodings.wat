;; Echoes a string in each of the three encodings; `units-...` is the length that the guest was given, in code units,
;; with the tag bit for latin1+utf16.
(component
  (core module $m
    (memory (export "memory") 1)
    (global $next_free (mut i32) (i32.const 1024))
    ;; Never frees; grows a block in place when it is the last one.
    (func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
      (local $pointer i32)
      (local.set $pointer
        (i32.and
          (i32.add (global.get $next_free) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
      (if (i32.and
            (i32.ne (local.get $old_size) (i32.const 0))
            (i32.eq (i32.add (local.get $old) (local.get $old_size)) (global.get $next_free)))
        (then (local.set $pointer (local.get $old))))
      (global.set $next_free (i32.add (local.get $pointer) (local.get $size)))
      (loop $more
        (if (i32.gt_u (global.get $next_free) (i32.mul (memory.size) (i32.const 65536)))
          (then
            (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
            (br $more))))
      (if (i32.ne (local.get $pointer) (local.get $old))
        (then
          (memory.copy (local.get $pointer) (local.get $old)
            (select (local.get $old_size) (local.get $size)
              (i32.lt_u (local.get $old_size) (local.get $size))))))
      (local.get $pointer))
    (func (export "echo") (param $pointer i32) (param $length i32) (result i32)
      (i32.store (i32.const 16) (local.get $pointer))
      (i32.store (i32.const 20) (local.get $length))
      (i32.const 16))
    (func (export "units") (param $pointer i32) (param $length i32) (result i32) (local.get $length))
    (func (export "reset") (param i32) (global.set $next_free (i32.const 1024))))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (alias core export $i "reset" (core func $reset))

  (func (export "echo-utf8") (param "s" string) (result string)
    (canon lift (core func $i "echo") string-encoding=utf8
      (memory $memory) (realloc $realloc) (post-return $reset)))
  (func (export "echo-utf16") (param "s" string) (result string)
    (canon lift (core func $i "echo") string-encoding=utf16
      (memory $memory) (realloc $realloc) (post-return $reset)))
  (func (export "echo-latin1-utf16") (param "s" string) (result string)
    (canon lift (core func $i "echo") string-encoding=latin1+utf16
      (memory $memory) (realloc $realloc) (post-return $reset)))
  (func (export "units-utf8") (param "s" string) (result u32)
    (canon lift (core func $i "units") string-encoding=utf8 (memory $memory) (realloc $realloc)))
  (func (export "units-utf16") (param "s" string) (result u32)
    (canon lift (core func $i "units") string-encoding=utf16 (memory $memory) (realloc $realloc)))
  (func (export "units-latin1-utf16") (param "s" string) (result u32)
    (canon lift (core func $i "units") string-encoding=latin1+utf16 (memory $memory) (realloc $realloc))))
