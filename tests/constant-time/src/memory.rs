//! Linear memory with a mark for every bit of it.

use std::ops::Range;

use crate::number::Num;
use crate::simd::Wide;

pub const PAGE: usize = 64 * 1024;
/// What is copied back at once after a run.
const CHUNK: usize = 1024;

#[derive(Clone)]
pub struct Memory {
    bits: Vec<u8>,
    marks: Vec<u8>,
    /// The chunks written to since the snapshot.
    touched: Vec<bool>,
    /// The chunks that may hold a mark.
    secret: Vec<bool>,
    max_pages: usize,
    /// The lowest byte that a secret was ever written to. It begins where the stack does, which grows downwards.
    pub lowest_secret: usize,
}

impl Memory {
    pub fn new(pages: usize, max_pages: usize) -> Self {
        let len = pages * PAGE;
        Self {
            bits: vec![0; len],
            marks: vec![0; len],
            touched: vec![false; len / CHUNK],
            secret: vec![false; len / CHUNK],
            max_pages,
            lowest_secret: 0,
        }
    }

    pub fn pages(&self) -> usize {
        self.bits.len() / PAGE
    }

    /// The pages there were before, unless there cannot be that many.
    pub fn grow(&mut self, pages: usize) -> Option<usize> {
        let (before, after) = (self.pages(), self.pages().checked_add(pages)?);
        if after > self.max_pages {
            return None;
        }
        self.bits.resize(after * PAGE, 0);
        self.marks.resize(after * PAGE, 0);
        self.touched.resize(after * PAGE / CHUNK, true);
        self.secret.resize(after * PAGE / CHUNK, false);
        Some(before)
    }

    /// Makes this the same as `snapshot`, of which it began as a copy.
    pub fn restore(&mut self, snapshot: &Self) {
        if self.bits.len() != snapshot.bits.len() {
            let lowest_secret = self.lowest_secret;
            self.clone_from(snapshot);
            self.lowest_secret = lowest_secret;
            return;
        }
        for (chunk, touched) in self.touched.iter_mut().enumerate().filter(|(_, touched)| **touched) {
            let range = chunk * CHUNK..(chunk + 1) * CHUNK;
            self.bits[range.clone()].copy_from_slice(&snapshot.bits[range.clone()]);
            self.marks[range.clone()].copy_from_slice(&snapshot.marks[range]);
            self.secret[chunk] = snapshot.secret[chunk];
            *touched = false;
        }
    }

    /// From here on it is a snapshot that copies go back to.
    pub fn settle(&mut self) {
        self.touched.fill(false);
    }

    /// Looks for marks in what was just written.
    fn note_secret(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        self.secret[range.start / CHUNK..=(range.end - 1) / CHUNK].fill(true);
        if range.start < self.lowest_secret
            && let Some(index) = self.marks[range.clone()].iter().position(|mark| *mark != 0)
        {
            self.lowest_secret = self.lowest_secret.min(range.start + index);
        }
    }

    fn touch(&mut self, start: usize, len: usize) {
        self.touched[start / CHUNK] = true;
        self.touched[(start + len - 1) / CHUNK] = true;
    }

    fn read<const LEN: usize>(&self, at: u64) -> Option<([u8; LEN], [u8; LEN])> {
        let start = usize::try_from(at).ok()?;
        let bits = self.bits.get(start..)?.first_chunk()?;
        let marks = self.marks.get(start..)?.first_chunk()?;
        Some((*bits, *marks))
    }

    fn write<const LEN: usize>(&mut self, at: u64, bits: &[u8; LEN], marks: &[u8; LEN]) -> Option<()> {
        let start = usize::try_from(at).ok()?;
        *self.bits.get_mut(start..)?.first_chunk_mut()? = *bits;
        *self.marks.get_mut(start..)?.first_chunk_mut()? = *marks;
        self.touch(start, LEN);
        if *marks != [0; LEN] {
            self.note_secret(start..start + LEN);
        }
        Some(())
    }

    pub fn load_wide(&self, at: u64) -> Option<Wide> {
        let (bits, marks) = self.read(at)?;
        Some(Wide { bits: u128::from_le_bytes(bits), mark: u128::from_le_bytes(marks) })
    }

    pub fn store_wide(&mut self, at: u64, value: Wide) -> Option<()> {
        self.write(at, &value.bits.to_le_bytes(), &value.mark.to_le_bytes())
    }

    pub fn store8(&mut self, at: u64, value: Num) -> Option<()> {
        self.write(at, &[value.bits as u8], &[value.mark as u8])
    }

    pub fn store16(&mut self, at: u64, value: Num) -> Option<()> {
        self.write(at, &(value.bits as u16).to_le_bytes(), &(value.mark as u16).to_le_bytes())
    }

    pub fn store32(&mut self, at: u64, value: Num) -> Option<()> {
        self.write(at, &(value.bits as u32).to_le_bytes(), &(value.mark as u32).to_le_bytes())
    }

    pub fn store64(&mut self, at: u64, value: Num) -> Option<()> {
        self.write(at, &value.bits.to_le_bytes(), &value.mark.to_le_bytes())
    }

    pub fn load8(&self, at: u64) -> Option<Num> {
        let (bits, marks) = self.read::<1>(at)?;
        Some(Num { bits: u64::from(bits[0]), mark: u64::from(marks[0]) })
    }

    pub fn load16(&self, at: u64) -> Option<Num> {
        let (bits, marks) = self.read(at)?;
        Some(Num { bits: u64::from(u16::from_le_bytes(bits)), mark: u64::from(u16::from_le_bytes(marks)) })
    }

    pub fn load32(&self, at: u64) -> Option<Num> {
        let (bits, marks) = self.read(at)?;
        Some(Num { bits: u64::from(u32::from_le_bytes(bits)), mark: u64::from(u32::from_le_bytes(marks)) })
    }

    pub fn load64(&self, at: u64) -> Option<Num> {
        let (bits, marks) = self.read(at)?;
        Some(Num { bits: u64::from_le_bytes(bits), mark: u64::from_le_bytes(marks) })
    }

    pub fn fill(&mut self, at: u64, value: Num, len: u64) -> Option<()> {
        let range = self.range(at, len)?;
        self.touch_all(&range);
        self.bits[range.clone()].fill(value.bits as u8);
        self.marks[range.clone()].fill(value.mark as u8);
        if value.mark as u8 != 0 {
            self.note_secret(range);
        }
        Some(())
    }

    pub fn copy(&mut self, to: u64, from: u64, len: u64) -> Option<()> {
        let (to, from) = (self.range(to, len)?, self.range(from, len)?);
        self.touch_all(&to);
        self.bits.copy_within(from.clone(), to.start);
        self.marks.copy_within(from, to.start);
        if self.marks[to.clone()].iter().any(|mark| *mark != 0) {
            self.note_secret(to);
        }
        Some(())
    }

    fn range(&self, at: u64, len: u64) -> Option<Range<usize>> {
        let (start, end) = (usize::try_from(at).ok()?, usize::try_from(at.checked_add(len)?).ok()?);
        (end <= self.bits.len()).then_some(start..end)
    }

    fn touch_all(&mut self, range: &Range<usize>) {
        if !range.is_empty() {
            self.touched[range.start / CHUNK..=(range.end - 1) / CHUNK].fill(true);
        }
    }

    /// What JavaScript writes, all of it secret or none.
    pub fn put(&mut self, at: usize, bytes: &[u8], secret: bool) {
        self.put_marked(at, bytes, &vec![if secret { 0xff } else { 0 }; bytes.len()]);
    }

    pub fn put_marked(&mut self, at: usize, bytes: &[u8], marks: &[u8]) {
        let range = at..at + bytes.len();
        self.touch_all(&range);
        self.bits[range.clone()].copy_from_slice(bytes);
        self.marks[range.clone()].copy_from_slice(marks);
        if marks.iter().any(|mark| *mark != 0) {
            self.secret[range.start / CHUNK..=(range.end - 1) / CHUNK].fill(true);
        }
    }

    pub fn bytes(&self, at: usize, len: usize) -> &[u8] {
        &self.bits[at..at + len]
    }

    pub fn marks(&self, at: usize, len: usize) -> &[u8] {
        &self.marks[at..at + len]
    }

    /// Where bytes with a mark are: ranges, in order.
    pub fn marked(&mut self) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for chunk in (0..self.secret.len()).filter(|chunk| self.secret[*chunk]).collect::<Vec<_>>() {
            let marks = &self.marks[chunk * CHUNK..(chunk + 1) * CHUNK];
            // All at once is faster than to stop at the first.
            self.secret[chunk] = marks.iter().fold(0, |sum, mark| sum | mark) != 0;
            if !self.secret[chunk] {
                continue;
            }
            for at in marks.iter().enumerate().filter(|(_, mark)| **mark != 0).map(|(at, _)| chunk * CHUNK + at) {
                match ranges.last_mut() {
                    Some(last) if last.end == at => last.end += 1,
                    _ => ranges.push(at..at + 1),
                }
            }
        }
        ranges
    }
}
