//! How many round trips one after another `verify` and `connect` need: time grows by the latency for each.

use std::time::Duration;

use factory_gitlab::sandbox::options::SandboxOptions;

use crate::measure::{Bench, Table};

pub fn run(_sizes: &[usize]) {
    let table = Table::new(
        "One project, by latency",
        &["command", "latency ms", "requests", "wall ms", "round trips one after another"],
    );
    for args in [&["verify", "-q"][..], &["connect", "-yq"]] {
        let mut without = 0.0;
        for latency in [0, 50, 200] {
            let bench = Bench::new(SandboxOptions {
                projects: 1,
                latency: Duration::from_millis(latency),
                ..SandboxOptions::default()
            });
            // The kit as a file: by its address it is one round trip more.
            let kit = tempfile::NamedTempFile::new().expect("a file");
            std::fs::write(kit.path(), bench.sandbox.factory().kit_json().to_string()).expect("a kit");
            let kit = kit.path().to_string_lossy().into_owned();
            if args[0] == "verify" {
                bench.run(&["connect", "-yq", "--kit", &kit]);
            }
            let cost = bench.run(&[args, &["--kit", &kit]].concat());
            let wall = cost.wall.as_secs_f64() * 1000.0;
            let trips = match latency {
                0 => {
                    without = wall;
                    "-".to_owned()
                }
                latency => format!("{:.1}", (wall - without) / f64::from(u32::try_from(latency).expect("small"))),
            };
            let name = format!("`{}`", args[0]);
            table.row(&[name, latency.to_string(), cost.requests.to_string(), format!("{wall:.0}"), trips]);
        }
    }
}
