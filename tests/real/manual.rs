//! The manual pages, read by mandoc, which is stricter than the formatters that show them.

use crate::cli::test_env::TestEnv;
use crate::programs::{output, program};

#[test]
fn mandoc_has_nothing_to_warn_of_in_any_page() {
    let env = TestEnv::bare();
    let folder = tempfile::tempdir().expect("a folder");
    let run = env.run(&["man", "--dir", &folder.path().to_string_lossy()]);
    assert_eq!(run.code, 0, "{run}");
    let pages: Vec<_> =
        std::fs::read_dir(folder.path()).expect("pages").map(|page| page.expect("a page").path()).collect();
    assert!(pages.len() > 20, "{pages:?}");
    let judged = output(program("mandoc").args(["-T", "lint", "-W", "warning"]).args(&pages));
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success() && said.is_empty(), "{said}{}", String::from_utf8_lossy(&judged.stderr));
}
