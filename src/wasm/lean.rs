//! The lean module: what guards and signs calls. No heap, no values of JavaScript: integers, and one area of memory that both
//! sides read and write. Without the feature `lean` it is the guard module: what a guard calls, and nothing else.
//!
//! JavaScript writes a function's inputs into the area, one after the other in the order given in its documentation, and passes their
//! lengths. What comes back is in the result area. A function returns 0 if all is well and otherwise the number of an
//! [`Error`](crate::error::Error) or one of the answers below.
//!
//! Before a function returns it wipes its inputs and the stack. What is left is the result, until JavaScript has read it and wiped it,
//! and keys: they live in a fixed number of slots, found by a stamp that JavaScript never uses twice. If a slot was taken over by another
//! key, the answer is [`NOT_LOADED`], and JavaScript loads the key again: a stale handle finds no key, never another one.

/// Exported functions, and what wipes behind each of them: see [`wiped`](memory::wiped) and [`wiped_short`](memory::wiped_short). The body is
/// a call of its own: its stack begins where that of what wipes does, and nothing of it is on the caller's. A closure would do, but what it
/// captures goes through memory, which made the module 6 % larger.
macro_rules! exported {
    ($wiped:ident; $($(#[$about:meta])* fn $name:ident($($input:ident: $type:ty),* $(,)?) $(-> $answer:ident)? $body:block)*) => {$(
        $(#[$about])*
        #[wasm_bindgen::prelude::wasm_bindgen]
        pub fn $name($($input: $type),*) $(-> $answer)? {
            #[inline(never)]
            fn run($($input: $type),*) $(-> $answer)? $body
            $crate::wasm::lean::memory::$wiped(run($($input),*))
        }
    )*};
}

mod admit;
#[cfg(not(feature = "std"))]
mod bare;
mod calls;
#[cfg(feature = "lean")]
mod keys;
mod memory;
#[cfg(feature = "lean")]
mod secrets;

/// The key's slot holds another key: load it again.
const NOT_LOADED: u32 = 254;
/// The key is on the keyring already.
#[cfg(feature = "lean")]
const DUPLICATE: u32 = 253;
