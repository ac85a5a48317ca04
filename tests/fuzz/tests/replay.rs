//! Runs every input that is kept, and every one that ever failed, through the very functions that libFuzzer runs.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use countersign_fuzz::{call, keyring, message, scope, secret, token, value, webhook};

type Target = fn(&[u8]) -> bool;

const TARGETS: [(&str, Target); 8] = [
    ("call", call::run),
    ("keyring", keyring::run),
    ("message", message::fuzz::run),
    ("scope", scope::run),
    ("secret", secret::run),
    ("token", token::run),
    ("value", value::run),
    ("webhook", webhook::fuzz::run),
];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What is in a folder, by name; nothing if there is none.
fn list(folder: &Path) -> Vec<PathBuf> {
    if !folder.exists() {
        return vec![];
    }
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Runs a folder's inputs, and returns how many were accepted and how many were not.
fn replay(folder: &Path, run: Target) -> [usize; 2] {
    let mut counts = [0; 2];
    for path in list(folder) {
        let data = fs::read(&path).unwrap();
        let accepted = catch_unwind(|| run(&data)).unwrap_or_else(|_| panic!("this input fails: {}", path.display()));
        counts[usize::from(!accepted)] += 1;
    }
    counts
}

#[test]
fn all_inputs_that_are_kept_pass() {
    for (name, run) in TARGETS {
        let [accepted, refused] = replay(&here("corpus").join(name), run);
        println!("{name}: {accepted} accepted, {refused} refused");
        assert!(accepted > 0 && refused > 0 && accepted + refused >= 40, "{name}: {accepted} accepted, {refused} refused");
        replay(&here("regressions").join(name), run);
    }
}

#[test]
fn nothing_is_kept_for_a_target_that_does_not_exist() {
    let targets = BTreeSet::from(TARGETS.map(|(name, _)| name.to_owned()));
    let names = |folder| list(&here(folder)).iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let (corpus, wrappers): (BTreeSet<String>, BTreeSet<String>) = (names("corpus"), names("fuzz_targets"));
    assert_eq!(corpus, targets);
    assert_eq!(wrappers, targets);
    assert!(names("regressions").is_subset(&targets));
}
