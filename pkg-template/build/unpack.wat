;; Undoes lz.mjs, which says how the bytes are packed: from the packed bytes at 0 to the unpacked ones at 65536.
;; As WebAssembly and not as JavaScript: code that is loaded afresh for each call runs in an interpreter, where the loop is slow.
(module
  (memory (export "memory") 2)
  ;; Takes where the packed bytes end, and returns where the unpacked ones do.
  (func (export "unpack") (param $end i32) (result i32)
    (local $in i32) (local $out i32) (local $count i32) (local $from i32)
    (local.set $out (i32.const 65536))
    (loop $next
      (local.set $count (i32.load8_u (local.get $in)))
      (local.set $in (i32.add (local.get $in) (i32.const 1)))
      (if (i32.lt_u (local.get $count) (i32.const 32))
        (then ;; literal bytes follow
          (local.set $from (local.get $in))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $in (i32.add (local.get $in) (local.get $count))))
        (else ;; a copy of what was written before
          (local.set $count (i32.sub (local.get $count) (i32.const 32)))
          (local.set $from
            (i32.sub
              (i32.sub (local.get $out) (i32.const 1))
              (i32.or
                (i32.shl (i32.and (local.get $count) (i32.const 31)) (i32.const 8))
                (i32.load8_u (local.get $in)))))
          (local.set $count (i32.add (i32.shr_u (local.get $count) (i32.const 5)) (i32.const 3)))
          (local.set $in (i32.add (local.get $in) (i32.const 1)))))
      (loop $copy
        (i32.store8 (local.get $out) (i32.load8_u (local.get $from)))
        (local.set $out (i32.add (local.get $out) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br_if $copy (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
      (br_if $next (i32.lt_u (local.get $in) (local.get $end))))
    (local.get $out)))
