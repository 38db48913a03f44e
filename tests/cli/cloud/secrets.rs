//! No token of a grant is seen anywhere, whatever happens to it.

use super::{CODE, cloud, with_person};

#[test]
fn the_grant_is_in_no_output_and_in_no_file() {
    for args in [&["--all"][..], &["--all", "-vv", "--log-file", "run.log"], &["--group", "nowhere", "-vv"]] {
        let env = cloud(CODE);
        let run = with_person(&env, &[&["connect", "--cloud", "--yes", "-o", "json"], args].concat());
        let mut secrets: Vec<String> = Vec::new();
        for bundle in env.sandbox().factory().bundles() {
            secrets.extend(
                ["access_token", "refresh_token"]
                    .iter()
                    .filter_map(|name| bundle.document[*name].as_str().map(str::to_owned)),
            );
        }
        let mut places =
            vec![("standard output".to_owned(), run.stdout.clone()), ("standard error".to_owned(), run.stderr.clone())];
        places.extend(
            env.files_below("").into_iter().map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned())),
        );
        for (place, text) in &places {
            for secret in &secrets {
                assert!(!text.contains(secret.as_str()), "{args:?}: a secret is in {place}");
            }
        }
    }
}
