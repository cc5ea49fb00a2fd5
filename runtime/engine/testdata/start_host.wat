;; Calls a host import while it is being instantiated.
(module $start_host
  (import "host" "call" (func $call))
  (start $call))
