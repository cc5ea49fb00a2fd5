;; What no language's library does with wasi:io: each export is one case, and says at the end what it saw.
(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.ready" (func (param "self" (borrow $pollable)) (result bool)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))
    (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
  (alias export $poll "pollable" (type $pollable))

  (import "wasi:clocks/monotonic-clock@0.2.9" (instance $clock
    (alias outer 1 $pollable (type $p))
    (export "pollable" (type $pollable (eq $p)))
    (export "now" (func (result u64)))
    (export "subscribe-instant" (func (param "when" u64) (result (own $pollable))))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))

  (import "wasi:io/error@0.2.0" (instance $error
    (export "error" (type $error (sub resource)))))
  (alias export $error "error" (type $error))

  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer 1 $error (type $e))
    (export "error" (type $error (eq $e)))
    (alias outer 1 $pollable (type $p))
    (export "pollable" (type $pollable (eq $p)))
    (export "output-stream" (type $out (sub resource)))
    (type $stream-error' (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error')))
    (export "[method]output-stream.check-write"
      (func (param "self" (borrow $out)) (result (result u64 (error $stream-error)))))
    (export "[method]output-stream.write"
      (func (param "self" (borrow $out)) (param "contents" (list u8))
        (result (result (error $stream-error)))))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $out)) (param "contents" (list u8))
        (result (result (error $stream-error)))))
    (export "[method]output-stream.subscribe"
      (func (param "self" (borrow $out)) (result (own $pollable))))))
  (alias export $streams "output-stream" (type $out))

  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $out (type $o))
    (export "output-stream" (type $out (eq $o)))
    (export "get-stdout" (func (result (own $out))))))

  (import "wasi:random/random@0.2.0" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))

  (core module $memory-module
    (memory (export "memory") 64)
    (global $next (mut i32) (i32.const 65536))
    ;; Never gives back what it gave.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $m (instantiate $memory-module))
  (alias core export $m "memory" (core memory $memory))
  (alias core export $m "realloc" (core func $realloc))

  (core func $ready (canon lower (func $poll "[method]pollable.ready")))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $poll' (canon lower (func $poll "poll") (memory $memory) (realloc $realloc)))
  (core func $now (canon lower (func $clock "now")))
  (core func $instant (canon lower (func $clock "subscribe-instant")))
  (core func $duration (canon lower (func $clock "subscribe-duration")))
  (core func $check (canon lower (func $streams "[method]output-stream.check-write") (memory $memory)))
  (core func $write (canon lower (func $streams "[method]output-stream.write") (memory $memory)))
  (core func $blocking
    (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $memory)))
  (core func $subscribe (canon lower (func $streams "[method]output-stream.subscribe")))
  (core func $stdout' (canon lower (func $stdout "get-stdout")))
  (core func $bytes
    (canon lower (func $random "get-random-bytes") (memory $memory) (realloc $realloc)))
  (core func $drop-pollable (canon resource.drop $pollable))
  (core func $drop-out (canon resource.drop $out))

  (core module $cases
    (import "" "memory" (memory 1))
    (import "" "ready" (func $ready (param i32) (result i32)))
    (import "" "block" (func $block (param i32)))
    (import "" "poll" (func $poll (param i32 i32 i32)))
    (import "" "now" (func $now (result i64)))
    (import "" "instant" (func $instant (param i64) (result i32)))
    (import "" "duration" (func $duration (param i64) (result i32)))
    (import "" "check" (func $check (param i32 i32)))
    (import "" "write" (func $write (param i32 i32 i32 i32)))
    (import "" "blocking" (func $blocking (param i32 i32 i32 i32)))
    (import "" "subscribe" (func $subscribe (param i32) (result i32)))
    (import "" "stdout" (func $stdout (result i32)))
    (import "" "bytes" (func $bytes (param i64 i32)))
    (import "" "drop-pollable" (func $drop-pollable (param i32)))
    (import "" "drop-out" (func $drop-out (param i32)))

    ;; The number of ready ones among `count` handles at 1024.
    (func $poll-count (param $count i32) (result i32)
      (call $poll (i32.const 1024) (local.get $count) (i32.const 16))
      (i32.load (i32.const 20)))

    (func (export "poll-of-nothing") (result i32) (call $poll-count (i32.const 0)))

    ;; One pollable that is ready, `count` times in the list.
    (func (export "poll-of-the-same") (param $count i32) (result i32)
      (local $p i32) (local $i i32)
      (local.set $p (call $duration (i64.const 0)))
      (loop $next
        (i32.store (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 4))) (local.get $p))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (local.get $count))))
      (call $poll-count (local.get $count)))

    ;; What is ready of one that never is, of one that is at once, and of one in the past: 100 * their
    ;; number + 10 * the first + the second.
    (func (export "poll-beside-never") (result i32)
      (i32.store (i32.const 1024) (call $duration (i64.const -1)))
      (i32.store (i32.const 1028) (call $duration (i64.const 0)))
      (i32.store (i32.const 1032) (call $instant (i64.const 0)))
      (i32.add
        (i32.mul (call $poll-count (i32.const 3)) (i32.const 100))
        (i32.add
          (i32.mul (i32.load (i32.load (i32.const 16))) (i32.const 10))
          (i32.load offset=4 (i32.load (i32.const 16))))))

    ;; Blocks on the same pollable again and again; whether it is ready at the end.
    (func (export "block-again") (param $times i32) (result i32)
      (local $p i32)
      (local.set $p (call $duration (i64.const 1000)))
      (loop $next
        (call $block (local.get $p))
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br_if $next (local.get $times)))
      (call $ready (local.get $p)))

    ;; Waits for another millionth of a second, so many times.
    (func (export "nap") (param $times i32) (result i32)
      (local $p i32)
      (loop $next
        (local.set $p (call $duration (i64.const 1000)))
        (call $block (local.get $p))
        (call $drop-pollable (local.get $p))
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br_if $next (local.get $times)))
      (i32.const 1))

    (func (export "leak-timers") (param $count i32) (result i32)
      (loop $next
        (drop (call $duration (i64.const -1)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br_if $next (local.get $count)))
      (i32.const 1))

    (func (export "leak-streams") (param $count i32) (result i32)
      (loop $next
        (drop (call $stdout))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br_if $next (local.get $count)))
      (i32.const 1))

    (func (export "drop-parent") (result i32)
      (local $out i32)
      (local.set $out (call $stdout))
      (drop (call $subscribe (local.get $out)))
      (call $drop-out (local.get $out))
      (i32.const 1))

    (func (export "drop-child-first") (result i32)
      (local $out i32)
      (local.set $out (call $stdout))
      (call $drop-pollable (call $subscribe (local.get $out)))
      (call $drop-out (local.get $out))
      (i32.const 1))

    (func (export "write-without-check") (result i32)
      (call $write (call $stdout) (i32.const 2048) (i32.const 1) (i32.const 16))
      (i32.const 1))

    ;; Writes `more` bytes over what is permitted.
    (func (export "write-permitted-and") (param $more i32) (result i32)
      (local $out i32)
      (local.set $out (call $stdout))
      (call $check (local.get $out) (i32.const 16))
      (call $write (local.get $out) (i32.const 2048)
        (i32.add (i32.wrap_i64 (i64.load (i32.const 24))) (local.get $more)) (i32.const 40))
      (i32.load8_u (i32.const 40)))

    (func (export "blocking-write") (param $count i32) (result i32)
      (call $blocking (call $stdout) (i32.const 2048) (local.get $count) (i32.const 16))
      (i32.load8_u (i32.const 16)))

    (func (export "random-bytes") (param $count i32) (result i32)
      (call $bytes (i64.extend_i32_u (local.get $count)) (i32.const 16))
      (i32.load (i32.const 20)))

    (func (export "clock-goes-on") (result i32)
      (local $before i64)
      (local.set $before (call $now))
      (i64.ge_u (call $now) (local.get $before))))

  (core instance $c (instantiate $cases (with "" (instance
    (export "memory" (memory $memory))
    (export "ready" (func $ready))
    (export "block" (func $block))
    (export "poll" (func $poll'))
    (export "now" (func $now))
    (export "instant" (func $instant))
    (export "duration" (func $duration))
    (export "check" (func $check))
    (export "write" (func $write))
    (export "blocking" (func $blocking))
    (export "subscribe" (func $subscribe))
    (export "stdout" (func $stdout'))
    (export "bytes" (func $bytes))
    (export "drop-pollable" (func $drop-pollable))
    (export "drop-out" (func $drop-out))))))

  (func (export "poll-of-nothing") (result u32) (canon lift (core func $c "poll-of-nothing")))
  (func (export "poll-of-the-same") (param "count" u32) (result u32)
    (canon lift (core func $c "poll-of-the-same")))
  (func (export "poll-beside-never") (result u32) (canon lift (core func $c "poll-beside-never")))
  (func (export "block-again") (param "times" u32) (result u32)
    (canon lift (core func $c "block-again")))
  (func (export "nap") (param "times" u32) (result u32) (canon lift (core func $c "nap")))
  (func (export "leak-timers") (param "count" u32) (result u32)
    (canon lift (core func $c "leak-timers")))
  (func (export "leak-streams") (param "count" u32) (result u32)
    (canon lift (core func $c "leak-streams")))
  (func (export "drop-parent") (result u32) (canon lift (core func $c "drop-parent")))
  (func (export "drop-child-first") (result u32) (canon lift (core func $c "drop-child-first")))
  (func (export "write-without-check") (result u32)
    (canon lift (core func $c "write-without-check")))
  (func (export "write-permitted-and") (param "more" u32) (result u32)
    (canon lift (core func $c "write-permitted-and")))
  (func (export "blocking-write") (param "count" u32) (result u32)
    (canon lift (core func $c "blocking-write")))
  (func (export "random-bytes") (param "count" u32) (result u32)
    (canon lift (core func $c "random-bytes")))
  (func (export "clock-goes-on") (result u32) (canon lift (core func $c "clock-goes-on"))))
