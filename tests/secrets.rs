//! The problems of secrets, told once more in the plainest way: what decides in the crate is written so that nothing of a secret
//! shows in its timing, and that is easy to get wrong.

use std::collections::HashSet;

use countersign::secret::{self, MAX_LEN, MIN_DISTINCT, MIN_LEN, Problem, check, generate, problems};
use proptest::prelude::*;

const WORDS: [&str; 16] = [
    "changeme", "change-m", "change_m", "your-sec", "your_sec", "yoursecr", "replace-", "replace_", "replacem", "placehol", "my-secre",
    "my_secre", "supersec", "super-se", "super_se", "undefine",
];

fn is_blank(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f
}

fn is_repeated(text: &[u8]) -> bool {
    (1..=16).any(|period| 2 * period <= text.len() && (0..text.len()).all(|at| text[at] == text[at % period]))
}

fn is_placeholder(text: &[u8]) -> bool {
    let fold = |text: &[u8]| text.iter().map(|byte| byte | 0x20).collect::<Vec<_>>();
    text == b"null" || WORDS.iter().any(|word| fold(text).windows(8).any(|part| part == fold(word.as_bytes())))
}

/// For all texts but generated secrets.
fn plain_problems(text: &[u8]) -> Vec<Problem> {
    if text.len() > MAX_LEN {
        return vec![Problem::TooLong];
    }
    let is_missing = text.iter().all(|byte| is_blank(*byte));
    let at_an_end = |test: fn(u8) -> bool| [text.first(), text.last()].into_iter().flatten().any(|byte| test(*byte));
    let is_generated = text.starts_with(b"csk_");
    let distinct = text.iter().collect::<HashSet<_>>().len();
    [
        (Problem::Missing, is_missing),
        (Problem::Padded, !is_missing && at_an_end(is_blank)),
        (Problem::Quoted, at_an_end(|byte| b"\"'`".contains(&byte))),
        (Problem::Checksum, is_generated),
        (Problem::TooShort, !is_missing && text.len() < MIN_LEN),
        (Problem::FewDistinct, !is_missing && !is_generated && distinct < MIN_DISTINCT as usize),
        (Problem::Repeated, !is_generated && !is_missing && is_repeated(text)),
        (Problem::Placeholder, !is_generated && is_placeholder(text)),
    ]
    .into_iter()
    .filter_map(|(problem, found)| found.then_some(problem))
    .collect()
}

/// Texts of few different bytes, each of which may be any byte.
fn few_bytes() -> impl Strategy<Value = Vec<u8>> {
    let alphabet = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..12),
        prop::collection::vec(prop::sample::select(vec![0, 1, 0x7f, 0x80, 0x81, 0xff, b' ', b'a']), 1..9),
    ];
    (alphabet, prop::collection::vec(any::<prop::sample::Index>(), 0..70))
        .prop_map(|(alphabet, picks)| picks.iter().map(|pick| *pick.get(&alphabet)).collect())
}

fn repeated() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(any::<u8>(), 1..20), 1..5_usize, 0..20_usize).prop_map(|(piece, times, more)| {
        let len = piece.len() * times + more.min(piece.len());
        piece.into_iter().cycle().take(len).collect()
    })
}

/// A word of examples, in either case, perhaps with a letter changed, somewhere in a text.
fn with_word() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(WORDS.to_vec());
    ("[0-9A-Za-z]{0,30}", word, any::<u8>(), prop::option::of(0..8_usize), "[0-9A-Za-z]{0,30}").prop_map(
        |(before, word, upper, changed, after)| {
            let mut word = word.as_bytes().to_vec();
            for (at, letter) in word.iter_mut().enumerate() {
                if upper >> at & 1 == 1 {
                    letter.make_ascii_uppercase();
                }
            }
            if let Some(at) = changed {
                word[at] ^= 1;
            }
            [before.as_bytes(), &word, after.as_bytes()].concat()
        },
    )
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let middle = prop_oneof![few_bytes(), repeated(), with_word(), prop::collection::vec(any::<u8>(), 0..70), Just(b"null".to_vec())];
    let end = || prop::sample::select(vec!["", "", "", " ", "\n", "\t", "\0", "\x7f", "\"", "'", "`", "a", "csk_"]);
    (end(), middle, end()).prop_map(|(before, middle, after)| [before.as_bytes(), &middle, after.as_bytes()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4096) })]

    #[test]
    fn problems_are_those_that_a_plain_reading_finds(text in text()) {
        prop_assert_eq!(problems(&text).iter().collect::<Vec<_>>(), plain_problems(&text));
        let error = plain_problems(&text).first().map(|problem| problem.error());
        prop_assert_eq!(check(&text).err(), error);
        prop_assert_eq!(secret::verify(&text, &text), error.map_or(Ok(true), Err));
    }

    #[test]
    fn each_number_of_different_bytes_is_counted_in_any_order(bytes in prop::collection::hash_set(any::<u8>(), 1..20), picks in prop::collection::vec(any::<prop::sample::Index>(), 40..60)) {
        let bytes: Vec<u8> = bytes.into_iter().collect();
        let text: Vec<u8> = bytes.iter().copied().chain(picks.iter().map(|pick| *pick.get(&bytes))).chain(bytes.iter().rev().copied()).collect();
        prop_assume!(!text.starts_with(b"csk_") && !text.iter().all(|byte| is_blank(*byte)));
        prop_assert_eq!(problems(&text).has(Problem::FewDistinct), bytes.len() < 8);
    }

    #[test]
    fn of_texts_of_the_generated_form_only_generated_ones_are_usable(random: [u8; 32], at: prop::sample::Index, byte: u8) {
        let generated = generate(&random);
        prop_assert_eq!(problems(&generated).iter().count(), 0);
        let mut changed = generated;
        changed[at.index(generated.len())] = byte;
        if changed != generated && changed.starts_with(b"csk_") {
            prop_assert!(problems(&changed).has(Problem::Checksum));
        }
        prop_assert!(problems(&[&generated[..], &[byte]].concat()).has(Problem::Checksum));
        prop_assert!(problems(&generated[..generated.len() - 1]).has(Problem::Checksum));
    }
}
