//! Parts of a secret: a server that echoes half of one, or all of it in another case, does not show it either.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher as _;
use std::ops::Range;
use std::sync::LazyLock;

use zeroize::Zeroizing;

/// The shortest part that is hidden, in bytes.
const SHORTEST: usize = 8;

/// The shortest part that is hidden where it reads like ordinary words: those occur in ordinary texts too.
const SHORTEST_WORDS: usize = 12;

/// Half of a longer secret would be a longer part, and its search would take the square of its length: so many words in a row
/// are in no other text.
const LONGEST_WORDS: usize = 48;

/// A key of this process: what is kept of a part is of no use elsewhere.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The parts of all secrets, as keyed hashes by their length.
#[derive(Default)]
pub(super) struct Parts {
    by_length: BTreeMap<usize, HashSet<u64>>,
}

impl Parts {
    /// Adds the parts of a secret; `value` is without the prefix that tells its kind.
    pub(super) fn add(&mut self, value: &str) {
        let value = value.as_bytes();
        let lower = Zeroizing::new(value.to_ascii_lowercase());
        let words = value.len().div_ceil(2).clamp(SHORTEST_WORDS, LONGEST_WORDS);
        for (length, is_wanted) in [(SHORTEST, false), (words, true)] {
            let parts = value.windows(length).zip(lower.windows(length));
            for (_, part) in parts.filter(|(part, _)| part.is_ascii() && reads_like_words(part) == is_wanted) {
                self.by_length.entry(length).or_default().insert(hash(part));
            }
        }
    }

    /// Where a text has parts, in order and apart from each other.
    pub(super) fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let lower = text.to_ascii_lowercase();
        for (length, hashes) in &self.by_length {
            let windows = lower.as_bytes().windows(*length).enumerate();
            let hits = windows.filter(|(_, part)| part.is_ascii() && hashes.contains(&hash(part)));
            found.extend(hits.map(|(at, _)| at..at + length));
        }
        found.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in found {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }
}

/// Of a part in lower case.
fn hash(part: &[u8]) -> u64 {
    KEY.hash_one(part)
}

/// Letters of one case, or digits alone, with the signs between words: a name, a date.
fn reads_like_words(part: &[u8]) -> bool {
    let all = |is: fn(u8) -> bool| part.iter().all(|byte| is(*byte) || b"-_./: ".contains(byte));
    all(|byte| byte.is_ascii_lowercase()) || all(|byte| byte.is_ascii_uppercase()) || all(|byte| byte.is_ascii_digit())
}
