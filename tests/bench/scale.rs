//! What `connect` and `verify` cost by the number of projects, each of which has a hook of its own.

use crate::measure::{Bench, Cost, REST_ONLY, Table, WITH_GRAPHQL, unlicensed};

const SIZES: [usize; 4] = [100, 1_000, 10_000, 50_000];

pub fn run(sizes: &[usize]) {
    let table = Table::new(
        "By the number of projects N",
        &[
            "GitLab",
            "N",
            "command",
            "requests",
            "of N",
            "writes",
            "wall s",
            "ms a project",
            "requests a second",
            "peak MiB",
        ],
    );
    let sizes = if sizes.is_empty() { &SIZES } else { sizes };
    for (name, version) in [("17.9", REST_ONLY), ("19.6, GraphQL", WITH_GRAPHQL)] {
        for &projects in sizes {
            let bench = Bench::new(unlicensed(projects, version));
            for (command, args) in [
                ("connect", &["connect", "-yq"][..]),
                ("connect again", &["connect", "-yq"]),
                ("connect again, JSON", &["connect", "-yq", "-o", "json"]),
                ("verify", &["verify", "-q"]),
            ] {
                let cost = bench.run(args);
                table.row(&row(name, projects, command, &cost));
            }
        }
    }
}

fn row(gitlab: &str, projects: usize, command: &str, cost: &Cost) -> Vec<String> {
    let (count, wall) = (projects as f64, cost.wall.as_secs_f64());
    let requests = cost.requests as f64;
    vec![
        gitlab.to_owned(),
        projects.to_string(),
        format!("`{command}`"),
        cost.requests.to_string(),
        format!("{:.3}", requests / count),
        cost.writes.to_string(),
        format!("{wall:.2}"),
        format!("{:.3}", wall * 1000.0 / count),
        format!("{:.0}", requests / wall),
        cost.peak(),
    ]
}
