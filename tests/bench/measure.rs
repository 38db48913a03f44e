//! Runs a program against an embedded GitLab and reports what that cost.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan, SandboxVersion};

/// What a run cost.
pub struct Cost {
    pub requests: usize,
    pub writes: usize,
    pub wall: Duration,
    /// The highest resident memory in MiB; `None` where the system does not tell.
    pub peak_mib: Option<f64>,
}

impl Cost {
    pub fn peak(&self) -> String {
        self.peak_mib.map_or_else(|| "?".to_owned(), |peak| format!("{peak:.1}"))
    }
}

/// An embedded GitLab without a license, so that every project needs a hook of its own, and a place for the records.
pub struct Bench {
    pub sandbox: Sandbox,
    state: tempfile::TempDir,
}

impl Bench {
    pub fn new(options: SandboxOptions) -> Self {
        let sandbox = Sandbox::start(options).expect("an embedded GitLab");
        Self { sandbox, state: tempfile::tempdir().expect("a folder") }
    }

    /// Runs this program; it must end well.
    pub fn run(&self, args: &[&str]) -> Cost {
        let mut command = Command::new(env!("CARGO_BIN_EXE_factory-gitlab"));
        command.args(args).env("FACTORY_GITLAB_STATE_DIR", self.state.path().join("state"));
        self.cost_of(&mut command)
    }

    /// Runs a program with the sandbox's variables and nothing else of this one's; it must end well.
    pub fn cost_of(&self, command: &mut Command) -> Cost {
        for (name, _) in std::env::vars().filter(|(name, _)| name.to_ascii_lowercase().ends_with("_proxy")) {
            command.env_remove(name);
        }
        command.envs(self.sandbox.variables()).env("FACTORY_GITLAB_PROXY", "none").env("FACTORY_DISABLE_KEYRING", "1");
        self.sandbox.clear_requests();
        let output = self.state.path().join("output");
        let file = || std::fs::File::create(&output).expect("a file");
        let began = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(file()).stderr(Stdio::null()).spawn().expect("a program");
        let peak_mib = watch(&mut child);
        let wall = began.elapsed();
        let status = child.wait().expect("an end");
        let said = std::fs::read_to_string(&output).unwrap_or_default();
        assert!(status.success(), "{command:?} ended with {status}\n{said}");
        let requests = self.sandbox.requests();
        let writes = requests.iter().filter(|request| request.is_write()).count();
        Cost { requests: requests.len(), writes, wall, peak_mib }
    }
}

/// Waits for the end. The high-water mark is read while the program runs, because that of a program which has ended counts
/// the memory of the process that started it.
fn watch(child: &mut Child) -> Option<f64> {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait().expect("a state").is_none() {
        peak = high_water(Path::new(&status)).or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    peak
}

fn high_water(status: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib / 1024.0)
}

/// A GitLab whose projects need a hook each.
pub fn unlicensed(projects: usize, version: SandboxVersion) -> SandboxOptions {
    SandboxOptions { projects, groups: 10.min(projects), plan: SandboxPlan::None, version, ..SandboxOptions::default() }
}

/// A GitLab that lists hooks by GraphQL, as none did yet when this was written, and one that does not.
pub const WITH_GRAPHQL: SandboxVersion = SandboxVersion::new(19, 6, 0);
pub const REST_ONLY: SandboxVersion = SandboxVersion::new(17, 9, 0);

/// The middle one of several times, in milliseconds, of a program that is run again and again.
pub fn median_ms(times: usize, mut run: impl FnMut()) -> f64 {
    let mut taken: Vec<f64> = (0..times)
        .map(|_| {
            let began = Instant::now();
            run();
            began.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    taken.sort_by(f64::total_cmp);
    taken[taken.len() / 2]
}

/// Whether a program can be run.
pub fn is_there(program: &str, arg: &str) -> bool {
    Command::new(program).arg(arg).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// A table as it is printed.
pub struct Table {
    columns: Vec<&'static str>,
}

impl Table {
    pub fn new(title: &str, columns: &[&'static str]) -> Self {
        println!("\n## {title}\n\n| {} |\n|{}", columns.join(" | "), "---|".repeat(columns.len()));
        Self { columns: columns.to_vec() }
    }

    pub fn row(&self, cells: &[String]) {
        assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        let mut line = String::from("|");
        for cell in cells {
            write!(line, " {cell} |").expect("a text");
        }
        println!("{line}");
    }
}
