//! What the program costs, as a table of one run on one machine: requests, writes, time and memory by the number of
//! projects, and beside them what other programs need for the same, because a time alone says nothing.
//!
//! ```text
//! cargo bench --bench scale                              everything; some three minutes once it is built
//! cargo bench --bench scale -- rate start                some parts: scale, rate, start, latency, gitlabform
//! cargo bench --bench scale -- scale 100,1000            with these numbers of projects
//! ```
//!
//! The embedded GitLab runs in this process, the program in its own. `wrk`, `age` and `gitlabform` are used where they are
//! found (`GITLABFORM` names another place); where not, the table says so.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures with the clock and prints tables")]
#![expect(clippy::cast_precision_loss, reason = "counts become ratios")]

mod gitlabform;
mod latency;
mod measure;
mod rate;
mod scale;
mod start;

/// A part of the benchmark, run with the numbers of projects that were named.
type Part = (&'static str, fn(&[usize]));

const PARTS: [Part; 5] = [
    ("start", start::run),
    ("latency", latency::run),
    ("rate", rate::run),
    ("scale", scale::run),
    ("gitlabform", gitlabform::run),
];

fn main() {
    // Cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let sizes: Vec<usize> =
        words.iter().flat_map(|word| word.split(',')).filter_map(|word| word.parse().ok()).collect();
    let wanted: Vec<&String> =
        words.iter().filter(|word| word.parse::<f64>().is_err() && !word.contains(',')).collect();
    if let Some(unknown) = wanted.iter().find(|word| PARTS.iter().all(|(name, _)| name != *word)) {
        println!("{unknown:?} is no part; there are start, latency, rate, scale, gitlabform");
        std::process::exit(2);
    }
    for (name, run) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|word| word.as_str() == name) {
            run(&sizes);
        }
    }
}
