//! Keys in their slots, and the MACs made with them.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::hash::{Hash, ct_eq};
use crate::mac::{Key, Mac};

use super::NOT_LOADED;
use super::memory::{Shared, clear, cut, put, take, trap};
use crate::wasm::answer;

const SLOTS: usize = 64;

struct Slot {
    stamp: u32,
    key: Option<Key>,
}

static KEYS: Shared<[Slot; SLOTS]> = Shared::new([const { Slot { stamp: 0, key: None } }; SLOTS]);
static HASH: Shared<Option<Hash>> = Shared::new(None);
static MAC: Shared<Option<Mac>> = Shared::new(None);

exported! {
    wiped_short;

    /// Area: a key's bytes. Makes them the key with this stamp, in place of whatever is in its slot.
    fn load_key(stamp: u32, len: usize) {
        let slot = slot(stamp);
        slot.stamp = stamp;
        slot.key = Some(Key::new(cut(len)));
    }

    /// Area: the message. Result: its MAC.
    fn sign_mac(stamp: u32, len: usize) -> u32 {
        let message = cut(len);
        let Some(key) = key(stamp) else { return NOT_LOADED };
        put(0, &key.sign(message));
        0
    }

    /// Area: a MAC, the message. 0 if the one is the other's.
    fn verify_mac(stamp: u32, mac_len: usize, len: usize) -> u32 {
        let (mac, message) = (cut(mac_len), cut(len));
        key(stamp).map_or(NOT_LOADED, |key| answer(key.ct_verify(message, mac)))
    }

    /// Begins a MAC over a message that does not fit into the area.
    fn begin_mac(stamp: u32) -> u32 {
        let Some(key) = key(stamp) else { return NOT_LOADED };
        *MAC.get() = Some(key.begin());
        0
    }

    /// Area: the next piece of the message.
    fn update_mac(len: usize) {
        if let Some(mac) = MAC.get() {
            mac.add(cut(len));
        }
    }

    /// Result: the MAC of the message. [`NOT_LOADED`] if none was begun.
    fn end_mac() -> u32 {
        let Some(mac) = MAC.get() else { return NOT_LOADED };
        put(0, &mac.end());
        clear(MAC.get());
        0
    }

    /// Area: a MAC. 0 if it is the message's. [`NOT_LOADED`] if none was begun.
    fn end_mac_verify(mac_len: usize) -> u32 {
        let candidate = cut(mac_len);
        let Some(mac) = MAC.get() else { return NOT_LOADED };
        let mac = mac.end();
        clear(MAC.get());
        answer(ct_eq(&mac, candidate))
    }

    /// Area: the next piece of a key that does not fit into the area.
    fn hash_key(len: usize) {
        HASH.get().get_or_insert_default().add(cut(len));
    }

    /// Result: the hash of the key, which RFC 2104 puts in place of a key of over 64 bytes.
    fn end_hash_key() {
        let Some(hash) = take(HASH.get()) else { trap() };
        put(0, &hash.finish());
    }
}

/// Forgets the key with this stamp.
#[wasm_bindgen]
pub fn free_key(stamp: u32) {
    let slot = slot(stamp);
    if slot.stamp == stamp {
        slot.stamp = 0;
        clear(&mut slot.key);
    }
}

fn slot(stamp: u32) -> &'static mut Slot {
    &mut KEYS.get()[stamp as usize % SLOTS]
}

/// The key with this stamp, if it is loaded.
#[inline(never)]
pub(super) fn key(stamp: u32) -> Option<&'static Key> {
    let slot = slot(stamp);
    slot.key.as_ref().filter(|_| slot.stamp == stamp)
}
