;; A command whose argv[1] says what it does, of which the first letter counts, and argv[2] how much:
;;
;;     args          prints its arguments, and then its environment as NAME=VALUE, one a line
;;     both          prints "out 1" to stdout, "err 1" to stderr, "out 2" to stdout, one a line
;;     echo          copies stdin to stdout until it ends
;;     flood N       writes N times 4096 bytes, all "x", to stdout; 0: without end
;;     lines N       prints N times "a line"
;;     prompt        prints "prompt> ", without the end of the line
;;     quit N        prints "quitting" and exits with code N
;;     refuse        returns the error of run
;;     sleep N       for N milliseconds
;;     terminal      prints "t" where stdin is a terminal, "-" where it is not
;;     unreachable   prints "before" and traps
;;     work          runs for ever
(module
  (type $void (func))
  (import "wasi:cli/environment@0.2.0" "get-arguments" (func $get-arguments (param i32)))
  (import "wasi:cli/environment@0.2.0" "get-environment" (func $get-environment (param i32)))
  (import "wasi:cli/exit@0.2.0" "exit-with-code" (func $exit (param i32)))
  (import "wasi:cli/stdin@0.2.0" "get-stdin" (func $get-stdin (result i32)))
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $get-stdout (result i32)))
  (import "wasi:cli/stderr@0.2.0" "get-stderr" (func $get-stderr (result i32)))
  (import "wasi:cli/terminal-stdin@0.2.0" "get-terminal-stdin" (func $get-terminal (param i32)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration"
    (func $subscribe (param i64) (result i32)))
  (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/poll@0.2.0" "[resource-drop]pollable" (func $drop-pollable (param i32)))
  (import "wasi:io/streams@0.2.0" "[method]input-stream.blocking-read"
    (func $read (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
    (func $write (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.0" "[resource-drop]input-stream" (func $drop-input (param i32)))
  (import "wasi:io/streams@0.2.0" "[resource-drop]output-stream" (func $drop-output (param i32)))

  (memory (export "memory") 8)
  ;; 0: where results go; 64: texts; 4096: 4096 bytes of "x"; from 8192: what is passed in.
  (data (i32.const 64) "out 1\n" "err 1\n" "out 2\n" "a line\n" "prompt> " "quitting\n" "before\n" "t-" "\n=")
  (global $free (mut i32) (i32.const 8192))

  (func $release (global.set $free (i32.const 8192)))
  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32)
        (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at))

  ;; Of a stream that has been closed nothing more is wanted: it returns 0.
  (func $put (param $stream i32) (param $at i32) (param $size i32) (result i32)
    (local $part i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $size)))
        (local.set $part (select (local.get $size) (i32.const 4096)
                                 (i32.lt_u (local.get $size) (i32.const 4096))))
        (call $write (local.get $stream) (local.get $at) (local.get $part) (i32.const 0))
        (if (i32.load8_u (i32.const 0)) (then (return (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (local.get $part)))
        (local.set $size (i32.sub (local.get $size) (local.get $part)))
        (br $next)))
    (i32.const 1))
  (func $print (param $at i32) (param $size i32)
    (local $out i32)
    (local.set $out (call $get-stdout))
    (drop (call $put (local.get $out) (local.get $at) (local.get $size)))
    (call $drop-output (local.get $out)))
  ;; Of a pointer and a length that lie at $at.
  (func $print-string (param $at i32)
    (call $print (i32.load (local.get $at)) (i32.load offset=4 (local.get $at))))

  (func $args
    (local $at i32) (local $left i32)
    (call $get-arguments (i32.const 0))
    (local.set $at (i32.load (i32.const 0)))
    (local.set $left (i32.load (i32.const 4)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (call $print-string (local.get $at))
        (call $print (i32.const 115) (i32.const 1))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (call $get-environment (i32.const 0))
    (local.set $at (i32.load (i32.const 0)))
    (local.set $left (i32.load (i32.const 4)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (call $print-string (local.get $at))
        (call $print (i32.const 116) (i32.const 1))
        (call $print-string (i32.add (local.get $at) (i32.const 8)))
        (call $print (i32.const 115) (i32.const 1))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next))))

  (func $both
    (local $err i32)
    (call $print (i32.const 64) (i32.const 6))
    (local.set $err (call $get-stderr))
    (drop (call $put (local.get $err) (i32.const 70) (i32.const 6)))
    (call $drop-output (local.get $err))
    (call $print (i32.const 76) (i32.const 6)))

  (func $echo
    (local $in i32) (local $out i32)
    (local.set $in (call $get-stdin))
    (local.set $out (call $get-stdout))
    (block $done
      (loop $next
        (call $release)
        (call $read (local.get $in) (i64.const 65536) (i32.const 0))
        (br_if $done (i32.load8_u (i32.const 0)))
        (br_if $next (call $put (local.get $out) (i32.load (i32.const 4)) (i32.load (i32.const 8))))))
    (call $drop-input (local.get $in))
    (call $drop-output (local.get $out)))

  (func $flood (param $left i32)
    (local $out i32)
    (local.set $out (call $get-stdout))
    (memory.fill (i32.const 4096) (i32.const 0x78) (i32.const 4096))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (call $put (local.get $out) (i32.const 4096) (i32.const 4096))))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $next (local.get $left))))
    (call $drop-output (local.get $out)))

  (func $lines (param $left i32)
    (loop $next
      (if (local.get $left)
        (then
          (call $print (i32.const 82) (i32.const 7))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $next)))))

  (func $sleep (param $ms i32)
    (local $pollable i32)
    (local.set $pollable
      (call $subscribe (i64.mul (i64.extend_i32_u (local.get $ms)) (i64.const 1000000))))
    (call $block (local.get $pollable))
    (call $drop-pollable (local.get $pollable)))

  (func $terminal
    (call $get-terminal (i32.const 0))
    (if (i32.load8_u (i32.const 0))
      (then (call $print (i32.const 113) (i32.const 1)))
      (else (call $print (i32.const 114) (i32.const 1)))))

  ;; 1 for the error of run.
  (func $do (param $what i32) (param $number i32) (result i32)
    (if (i32.eq (local.get $what) (i32.const 0x61)) (then (call $args)))
    (if (i32.eq (local.get $what) (i32.const 0x62)) (then (call $both)))
    (if (i32.eq (local.get $what) (i32.const 0x65)) (then (call $echo)))
    (if (i32.eq (local.get $what) (i32.const 0x66)) (then (call $flood (local.get $number))))
    (if (i32.eq (local.get $what) (i32.const 0x6c)) (then (call $lines (local.get $number))))
    (if (i32.eq (local.get $what) (i32.const 0x70)) (then (call $print (i32.const 89) (i32.const 8))))
    (if (i32.eq (local.get $what) (i32.const 0x71))
      (then (call $print (i32.const 97) (i32.const 9)) (call $exit (local.get $number))))
    (if (i32.eq (local.get $what) (i32.const 0x73)) (then (call $sleep (local.get $number))))
    (if (i32.eq (local.get $what) (i32.const 0x74)) (then (call $terminal)))
    (if (i32.eq (local.get $what) (i32.const 0x75))
      (then (call $print (i32.const 106) (i32.const 7)) unreachable))
    (if (i32.eq (local.get $what) (i32.const 0x77)) (then (loop $forever (br $forever))))
    (i32.eq (local.get $what) (i32.const 0x72)))

  (func $number (param $at i32) (param $size i32) (result i32)
    (local $value i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $size)))
        (local.set $value (i32.add (i32.mul (local.get $value) (i32.const 10))
                                   (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x30))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $size (i32.sub (local.get $size) (i32.const 1)))
        (br $next)))
    (local.get $value))

  (func (export "wasi:cli/run@0.2.0#run") (result i32)
    (local $args i32) (local $count i32) (local $what i32) (local $number i32)
    (call $get-arguments (i32.const 0))
    (local.set $args (i32.load (i32.const 0)))
    (local.set $count (i32.load (i32.const 4)))
    (if (i32.gt_u (local.get $count) (i32.const 1))
      (then (local.set $what (i32.load8_u (i32.load offset=8 (local.get $args))))))
    (if (i32.gt_u (local.get $count) (i32.const 2))
      (then (local.set $number (call $number (i32.load offset=16 (local.get $args))
                                             (i32.load offset=20 (local.get $args))))))
    (call $release)
    (call $do (local.get $what) (local.get $number)))

  (func (export "act") (param $what i32) (param $size i32) (param $number i32)
    (local.set $what (i32.load8_u (local.get $what)))
    (call $release)
    (drop (call $do (local.get $what) (local.get $number))))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
