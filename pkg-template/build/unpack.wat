;; Undoes lz.mjs, which says how the bytes are packed: from the text at 0 to the bytes at 65536.
;; As WebAssembly and not as JavaScript: code that is loaded afresh for each call runs in an interpreter, where the loop is slow.
(module
  (memory (export "memory") 2)
  (global $in (mut i32) (i32.const 0))
  (global $bits (mut i32) (i32.const 0))
  (global $count (mut i32) (i32.const 0)) ;; how many of them, from the lowest, are still to be read

  ;; The next bits as a number, at most 13 of them.
  (func $read (param $wanted i32) (result i32)
    (local $high i32) (local $low i32)
    (if (i32.lt_u (global.get $count) (local.get $wanted))
      (then
        (local.set $high (i32.load8_u (global.get $in)))
        (local.set $low (i32.load8_u offset=1 (global.get $in)))
        (global.set $in (i32.add (global.get $in) (i32.const 2)))
        ;; 3220 is what two # come to; behind the backslash, 92, each character is worth one less.
        (global.set $bits
          (i32.or
            (i32.shl (global.get $bits) (i32.const 13))
            (i32.sub
              (i32.add
                (i32.mul
                  (i32.sub (local.get $high) (i32.gt_u (local.get $high) (i32.const 92)))
                  (i32.const 91))
                (i32.sub (local.get $low) (i32.gt_u (local.get $low) (i32.const 92))))
              (i32.const 3220))))
        (global.set $count (i32.add (global.get $count) (i32.const 13)))))
    (global.set $count (i32.sub (global.get $count) (local.get $wanted)))
    (i32.and
      (i32.shr_u (global.get $bits) (global.get $count))
      (i32.sub (i32.shl (i32.const 1) (local.get $wanted)) (i32.const 1))))

  ;; The next number without a size: binary digits, each behind the bit that says whether another follows.
  (func $number (result i32)
    (local $number i32) (local $digit i32)
    (loop $next
      (local.set $number
        (i32.add
          (i32.shl (local.get $number) (i32.const 1))
          (local.tee $digit (call $read (i32.const 2)))))
      (if (i32.ge_u (local.get $digit) (i32.const 2))
        (then
          ;; Less the 2 of that bit, and 1 more, since there is another.
          (local.set $number (i32.sub (local.get $number) (i32.const 1)))
          (br $next))))
    (local.get $number))

  ;; Returns where the unpacked bytes end.
  (func (export "unpack") (result i32)
    (local $out i32) (local $end i32) (local $from i32) (local $length i32)
    (local.set $out (i32.const 65536))
    (local.set $end (i32.add (call $number) (i32.const 65536)))
    (loop $next
      (if (call $read (i32.const 1))
        (then
          (i32.store8 (local.get $out) (call $read (select (i32.const 8) (i32.const 4) (call $read (i32.const 1)))))
          (local.set $out (i32.add (local.get $out) (i32.const 1))))
        (else
          (local.set $length (call $number))
          (local.set $from (select (i32.const 7) (i32.const 4) (local.get $length)))
          (local.set $from
            (i32.sub
              (i32.sub (local.get $out) (i32.shl (call $number) (local.get $from)))
              (i32.add (call $read (local.get $from)) (i32.const 1))))
          (local.set $length (i32.add (local.get $length) (i32.const 2)))
          (loop $copy
            (i32.store8 (local.get $out) (i32.load8_u (local.get $from)))
            (local.set $out (i32.add (local.get $out) (i32.const 1)))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (br_if $copy (local.tee $length (i32.sub (local.get $length) (i32.const 1)))))))
      (br_if $next (i32.lt_u (local.get $out) (local.get $end))))
    (local.get $out)))
