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

    #[test]
    fn a_link_is_followed_for_appending_unless_it_is_another_users() {
        let folder = tempfile::tempdir().expect("a folder");
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, b"").and_then(|()| symlink(&target, &link)).expect("a link");
        open_to_append(&link).and_then(|mut file| file.write_all(b"line\n")).expect("appended");
        assert_eq!(fs::read(&target).expect("readable"), b"line\n");
        // Only root may give a link to another user.
        if lchown(&link, Some(12_345), None).is_ok() {
            let error = open_to_append(&link).expect_err("a link of another user");
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            assert_eq!(fs::read(&target).expect("readable"), b"line\n");
        }
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
