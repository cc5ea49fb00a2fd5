;; Who may come to wait for an imported function, by every way there is.
(component
  (import "waits" (func $waits))
  (import "other" (func $other))
  (core func $waits' (canon lower (func $waits)))
  (core func $other' (canon lower (func $other)))

  (core module $Calls (import "" "f" (func $f)) (func (export "f") (call $f))
    (table (export "table") 1 funcref))
  (core instance $a (instantiate $Calls (with "" (instance (export "f" (func $waits'))))))
  (core instance $b (instantiate $Calls (with "" (instance (export "f" (func $other'))))))
  (func $calls (export "calls") (canon lift (core func $a "f")))
  (func (export "calls-other") (canon lift (core func $b "f")))

  (core module $Plain (func (export "f")))
  (core instance $plain (instantiate $Plain))
  (func (export "plain") (canon lift (core func $plain "f")))

  (core module $Table (import "" "table" (table 1 funcref)) (func (export "f")))
  (core instance $table (instantiate $Table
    (with "" (instance (export "table" (table $a "table"))))))
  (func (export "shares-a-table") (canon lift (core func $table "f")))

  (component $Through
    (import "f" (func $f))
    (core func $f' (canon lower (func $f)))
    (core module $M (import "" "f" (func $f)) (func (export "f") (call $f)))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
    (func (export "f") (canon lift (core func $m "f"))))
  (instance $through (instantiate $Through (with "f" (func $calls))))
  (export "through" (func $through "f"))

  (core module $Dtor (import "" "f" (func $f)) (func (export "dtor") (param i32) (call $f)))
  (core instance $dtor (instantiate $Dtor (with "" (instance (export "f" (func $other'))))))
  (type $r (resource (rep i32) (dtor (func $dtor "dtor"))))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core module $Drops
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "f") (call $drop (call $new (i32.const 1)))))
  (core instance $drops (instantiate $Drops (with "" (instance
    (export "new" (func $new)) (export "drop" (func $drop))))))
  (func (export "drops") (canon lift (core func $drops "f"))))
