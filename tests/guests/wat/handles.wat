;; A resource type and the ways to misuse its handles.
(component
  (core module $destructor
    (global $destroyed (mut i32) (i32.const 0))
    (global $last (mut i32) (i32.const 0))
    (func (export "destroy") (param $rep i32)
      (global.set $last (local.get $rep))
      (global.set $destroyed (i32.add (global.get $destroyed) (i32.const 1)))
      ;; A rep of 666 cannot be destroyed.
      (if (i32.eq (local.get $rep) (i32.const 666)) (then unreachable)))
    (func (export "destroyed") (result i32) (global.get $destroyed))
    (func (export "last") (result i32) (global.get $last)))
  (core instance $d (instantiate $destructor))
  (type $thing' (resource (rep i32) (dtor (func $d "destroy"))))
  (core func $new (canon resource.new $thing'))
  (core func $rep (canon resource.rep $thing'))
  (core func $drop (canon resource.drop $thing'))
  (core module $m
    (import "thing" "new" (func $new (param i32) (result i32)))
    (import "thing" "rep" (func $rep (param i32) (result i32)))
    (import "thing" "drop" (func $drop (param i32)))
    (global $kept (mut i32) (i32.const 0))
    (func (export "make") (param $rep i32) (result i32) (call $new (local.get $rep)))
    (func (export "rep") (param $rep i32) (result i32) (local.get $rep))
    (func (export "take") (param $handle i32) (result i32)
      (local $rep i32)
      (local.set $rep (call $rep (local.get $handle)))
      (call $drop (local.get $handle))
      (local.get $rep))
    (func (export "keep") (param $handle i32) (global.set $kept (local.get $handle)))
    (func (export "give-back") (result i32) (global.get $kept))
    (func (export "forge") (param $handle i32) (result i32) (local.get $handle))
    (func (export "make-and-drop") (param $count i32)
      (block $done
        (loop $next
          (br_if $done (i32.eqz (local.get $count)))
          (call $drop (call $new (i32.or (local.get $count) (i32.const 0x40000000))))
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (br $next))))
    (func (export "hoard") (param $count i32)
      (block $done
        (loop $next
          (br_if $done (i32.eqz (local.get $count)))
          (drop (call $new (local.get $count)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (br $next))))
    (func (export "drop-twice") (local $handle i32)
      (local.set $handle (call $new (i32.const 1)))
      (call $drop (local.get $handle))
      (call $drop (local.get $handle)))
    (func (export "spin") (loop $next (br $next)))
    (func (export "use") (param i32) (param $rounds i64)
      (loop $next
        (local.set $rounds (i64.sub (local.get $rounds) (i64.const 1)))
        (br_if $next (i64.gt_s (local.get $rounds) (i64.const 0)))))
    (func (export "rep-of") (param $handle i32) (result i32) (call $rep (local.get $handle))))
  (core instance $i (instantiate $m
    (with "thing" (instance
      (export "new" (func $new))
      (export "rep" (func $rep))
      (export "drop" (func $drop))))))
  (export $thing "thing" (type $thing'))

  (func (export "make") (param "rep" u32) (result (own $thing)) (canon lift (core func $i "make")))
  ;; The component that defines the type sees the rep of a borrowed handle.
  (func (export "rep") (param "thing" (borrow $thing)) (result u32) (canon lift (core func $i "rep")))
  ;; Takes it, drops it, and tells its rep.
  (func (export "take") (param "thing" (own $thing)) (result u32) (canon lift (core func $i "take")))
  (func (export "keep") (param "thing" (own $thing)) (canon lift (core func $i "keep")))
  ;; What was kept; traps the second time.
  (func (export "give-back") (result (own $thing)) (canon lift (core func $i "give-back")))
  ;; Returns any number as a handle: traps unless there is one.
  (func (export "forge") (param "handle" u32) (result (own $thing)) (canon lift (core func $i "forge")))
  (func (export "make-and-drop") (param "count" u32) (canon lift (core func $i "make-and-drop")))
  ;; Handles that stay.
  (func (export "hoard") (param "count" u32) (canon lift (core func $i "hoard")))
  (func (export "use") (param "thing" (borrow $thing)) (param "rounds" u64)
    (canon lift (core func $i "use")))
  (func (export "spin") (canon lift (core func $i "spin")))
  (func (export "drop-twice") (canon lift (core func $i "drop-twice")))
  (func (export "rep-of") (param "handle" u32) (result u32) (canon lift (core func $i "rep-of")))
  ;; Destructors that have run, and the rep that the last one got.
  (func (export "destroyed") (result u32) (canon lift (core func $d "destroyed")))
  (func (export "last-destroyed") (result u32) (canon lift (core func $d "last"))))
