(module $start_trap
  (func $start unreachable)
  (start $start))
