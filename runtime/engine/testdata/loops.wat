;; Guests that do not come back, or take what they can get.
(module $loops
  (import "host" "wait" (func $wait))
  (type $node (struct (field (ref null $node)) (field i64 i64 i64 i64)))
  (global $list (mut (ref null $node)) (ref.null $node))
  (table $table 1 externref)
  (type $array (array (mut i64)))
  (type $arrays (struct (field (ref null $arrays)) (field (ref $array))))
  (global $arrays (mut (ref null $arrays)) (ref.null $arrays))
  (memory (export "memory") 1)
  (func (export "spin") (loop $forever (br $forever)))
  (func (export "unreachable") unreachable)
  (func (export "fill") (loop $forever
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $forever)))
  (func (export "wait") (call $wait))
  (func (export "wait_and_spin") (call $wait) (loop $forever (br $forever)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "eat") (loop $forever
    (global.set $list (struct.new $node (global.get $list)
      (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)))
    (br $forever)))
  (func (export "eat_some") (param i32) (loop $again
    (global.set $list (struct.new $node (global.get $list)
      (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)))
    (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "eat_arrays") (param i32) (loop $forever
    (global.set $arrays (struct.new $arrays (global.get $arrays)
      (array.new $array (i64.const 1) (local.get 0))))
    (br $forever)))
  (func (export "make_arrays") (param i32) (loop $forever
    (drop (array.new $array (i64.const 1) (local.get 0)))
    (br $forever)))
  (func (export "fill_all") (param i32) (drop (memory.grow (local.get 0))) (loop $forever
    (memory.fill (i32.const 0) (i32.const 1) (i32.mul (memory.size) (i32.const 65536)))
    (br $forever)))
  (func (export "grow_table") (param i32) (result i32)
    (table.grow $table (ref.null extern) (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
