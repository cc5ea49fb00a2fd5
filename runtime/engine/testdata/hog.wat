;; A guest that keeps exceptions, which are on the JS heap, and one that does nothing there.
(module $hog
  (tag $link (param exnref i64 i64 i64 i64 i64 i64 i64 i64))
  (global $kept (mut exnref) (ref.null exn))
  (global $calls (mut i32) (i32.const 0))
  ;; Keeps so many more exceptions, each of which keeps the one before.
  (func (export "keep") (param i32)
    (loop $again
      (block $caught (result exnref)
        (try_table (catch_all_ref $caught)
          (throw $link (global.get $kept) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)
            (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)))
        unreachable)
      (global.set $kept)
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "keep_all")
    (loop $again
      (block $caught (result exnref)
        (try_table (catch_all_ref $caught)
          (throw $link (global.get $kept) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)
            (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)))
        unreachable)
      (global.set $kept)
      (br $again)))
  ;; Throws as many and keeps none.
  (func (export "waste") (param i32)
    (loop $again
      (block $caught (result exnref)
        (try_table (catch_all_ref $caught)
          (throw $link (ref.null exn) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)
            (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)))
        unreachable)
      drop
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "drop_all") (global.set $kept (ref.null exn)))
  (func (export "count") (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (global.get $calls)))
