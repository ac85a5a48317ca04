//! Lists of texts and bytes, as TypeScript packs them: each behind its length, 4 bytes, the lowest first.

/// What is in a packed list, in order. It ends where the list is cut off.
pub(super) struct Packed<'a>(pub &'a [u8]);

impl<'a> Iterator for Packed<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (len, rest) = self.0.split_first_chunk()?;
        let (item, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        self.0 = rest;
        Some(item)
    }
}

/// The same, two by two: names and values.
pub(super) fn pairs(list: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut items = Packed(list);
    core::iter::from_fn(|| Some((items.next()?, items.next()?))).collect()
}
