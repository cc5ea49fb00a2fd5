;; Keeps exceptions, which take JavaScript heap of its cell: some 350 bytes each.
(component
  (core module $m
    (tag $link (param exnref i64 i64 i64 i64 i64 i64 i64 i64))
    (global $kept (mut exnref) (ref.null exn))
    ;; Keeps so many more, each of which keeps the one before.
    (func (export "keep") (param i32)
      (loop $again
        (block $caught (result exnref)
          (try_table (catch_all_ref $caught)
            (throw $link (global.get $kept) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)
              (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)))
          unreachable)
        (global.set $kept)
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
  (core instance $i (instantiate $m))
  (func (export "keep") (param "count" u32) (canon lift (core func $i "keep"))))
