#![expect(clippy::disallowed_methods, reason = "the tests prepare the files that the module meets")]

use super::*;

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    write_atomically(path, Readers::Owner, |file| file.write_all(content))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_file_is_replaced_and_no_temporary_file_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.json");
    write(&path, b"a longer first text").and_then(|()| write(&path, b"two")).expect("written");
    assert_eq!(fs::read(&path).expect("readable"), b"two");
    assert_eq!(names(folder.path()), ["report.json"]);
}

#[test]
fn a_write_that_fails_leaves_the_old_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.json");
    write(&path, b"old").expect("written");
    let failed = write_atomically(&path, Readers::Owner, |file| {
        file.write_all(b"half of the ne")?;
        Err(ErrorKind::StorageFull.into())
    });
    assert_eq!(failed.expect_err("the disk is full").kind(), ErrorKind::StorageFull);
    assert_eq!(fs::read(&path).expect("readable"), b"old");
    assert_eq!(names(folder.path()), ["report.json"]);
}

#[test]
fn checking_whether_a_file_can_be_written_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    require_writable(&folder.path().join("new")).expect("writable");
    assert!(names(folder.path()).is_empty());
    let error = require_writable(folder.path()).expect_err("a folder");
    assert_eq!(error.kind(), ErrorKind::IsADirectory);
    let error = require_writable(&folder.path().join("no/such")).expect_err("no such folder");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn appending_keeps_the_content() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.jsonl");
    for line in ["one\n", "two\n"] {
        open_to_append(&path).and_then(|mut file| file.write_all(line.as_bytes())).expect("appended");
    }
    assert_eq!(fs::read_to_string(&path).expect("readable"), "one\ntwo\n");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("a file").permissions().mode() & 0o777
    }

    #[test]
    fn new_files_and_folders_are_private_unless_everyone_may_read_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        write(&at("secret"), b"x").expect("written");
        write_atomically(&at("page"), Readers::Everyone, |file| file.write_all(b"x")).expect("written");
        drop(open_to_append(&at("log")).expect("opened"));
        create_private_folder(&at("state/one")).expect("created");
        assert_eq!(["secret", "log"].map(|name| mode(&at(name))), [0o600; 2]);
        assert_eq!(["state", "state/one"].map(|name| mode(&at(name))), [0o700; 2]);
        // Which others may read it is up to the umask, so it is what an ordinary new file has.
        fs::write(at("ordinary"), b"x").expect("written");
        assert_eq!(mode(&at("page")), mode(&at("ordinary")));
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        let null = Path::new("/dev/null");
        require_writable(null).and_then(|()| write(null, b"x")).expect("written");
        assert!(!fs::metadata(null).expect("a device").is_file());
    }

    #[test]
    fn a_link_is_replaced_and_its_target_stays_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, b"untouched").and_then(|()| symlink(&target, &link)).expect("a link");
        write(&link, b"new").expect("written");
        assert!(!link.is_symlink());
        assert_eq!(fs::read(&link).expect("readable"), b"new");
        assert_eq!(fs::read(&target).expect("readable"), b"untouched");
    }

    fn refusal(result: io::Result<impl Sized>) -> String {
        let error = result.err().expect("refused");
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
        error.to_string()
    }

    #[test]
    fn a_log_or_folder_that_is_a_link_another_users_or_open_to_others_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("target"), b"").and_then(|()| symlink(at("target"), at("link"))).expect("a link");
        fs::create_dir(at("real")).and_then(|()| symlink(at("real"), at("linked"))).expect("a link");
        assert!(refusal(open_to_append(&at("link"))).contains("symbolic link"));
        assert!(refusal(require_own(&at("linked"))).contains("symbolic link"));
        assert!(refusal(require_own(&at("linked/"))).contains("symbolic link"), "with a slash");
        assert_eq!(fs::read(at("target")).expect("readable"), b"");
        for mode in [0o620, 0o602, 0o666] {
            fs::set_permissions(at("target"), fs::Permissions::from_mode(mode)).expect("a mode");
            assert!(refusal(open_to_append(&at("target"))).contains("chmod go-w"), "{mode:o}");
        }
        fs::set_permissions(at("target"), fs::Permissions::from_mode(0o644)).expect("a mode");
        open_to_append(&at("target")).expect("others may read it");
        require_own(&at("none")).expect("what is not there is not refused");
        // Only root may give a file away.
        if lchown(at("target"), Some(12_345), None).is_ok() {
            assert!(refusal(open_to_append(&at("target"))).contains("another user"));
        }
    }

    #[test]
    fn a_pipe_a_device_and_a_folder_are_not_read_and_nothing_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().expect("mkfifo");
        assert!(made.success());
        for path in [at("pipe"), "/dev/zero".into(), "/dev/null".into()] {
            let error = read_up_to(&path, 10).expect_err("not a file");
            assert!(error.to_string().contains("a pipe or a device"), "{}: {error}", path.display());
        }
        assert_eq!(read_up_to(folder.path(), 10).expect_err("a folder").kind(), ErrorKind::IsADirectory);
        fs::write(at("long"), b"0123456789abcdef").expect("written");
        assert_eq!(read_up_to(&at("long"), 10).expect("readable"), b"0123456789a");
    }

    #[test]
    fn a_pipe_in_the_place_of_a_file_of_ours_is_refused_and_nothing_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
        assert!(made.success());
        let refused = [
            open_to_append(&pipe).map(drop),
            open_state_to_append(&pipe).map(drop),
            open_state(&pipe).map(drop),
            open_regular(&pipe).map(drop),
            write(&pipe, b"x"),
        ];
        for refused in refused {
            assert_eq!(refused.expect_err("a pipe").kind(), ErrorKind::InvalidInput);
        }
        drop(lock_folder(&pipe));
        let null = Path::new("/dev/null");
        open_to_append(null).expect("a log may go to a device");
        for refused in [open_state_to_append(null).map(drop), open_state(null).map(drop)] {
            assert_eq!(refused.expect_err("a device").kind(), ErrorKind::InvalidInput);
        }
        let path = folder.path().join("journal");
        drop(open_state_to_append(&path).expect("created"));
        assert_eq!(mode(&path), 0o600);
        open_state(&path).expect("readable");
    }

    #[test]
    fn a_link_to_a_file_that_is_already_open_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("redirected");
        let open = fs::File::create(&path).expect("a file");
        let descriptor = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&open));
        if !Path::new(&descriptor).is_symlink() {
            return; // On macOS a descriptor is a device.
        }
        let written = write(Path::new(&descriptor), b"report");
        for refused in [written, require_writable(Path::new(&descriptor))] {
            assert_eq!(refused.expect_err("the text would overwrite the report").kind(), ErrorKind::InvalidInput);
        }
        assert_eq!(fs::read(&path).expect("readable"), b"");
    }
}
