;; What steps are made of: functions to call, and calls of a host that continues with some.
(module $steps
  (import "host" "one" (func $one (param i32 i32) (result i32)))
  (import "host" "two" (func $two (param i32 i32) (result i32)))
  (tag $oops)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $divide (export "divide") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
  (func (export "spin") (loop $forever (br $forever)))
  (func (export "throw") (throw $oops))
  (func $ask (export "ask") (param i32 i32) (result i32)
    (i32.add (i32.const 1000) (call $one (local.get 0) (local.get 1))))
  (func $ask_two (export "ask_two") (param i32 i32) (result i32)
    (i32.add (i32.const 2000) (call $two (local.get 0) (local.get 1))))
  (func (export "wait_and_ask") (param i32 i32) (result i32)
    (call $one (call $two (local.get 0) (local.get 1)) (i32.const 1)))
  (func (export "ask_and_catch") (param i32 i32) (result i32)
    (block $caught
      (try_table (catch_all $caught) (return (call $one (local.get 0) (local.get 1)))))
    (i32.const 7)))
