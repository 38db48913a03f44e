//! Advice about what is kept on this machine: the kit, the keyring, the records, the sealed bundle.

use std::path::Path;

use crate::bundle::SealError;
use crate::error::Fix;
use crate::journal;
use crate::kit::KitError;
use crate::text::shell_word;

/// A text that cannot be read as a kit.
#[must_use]
pub fn kit(error: &KitError) -> Fix {
    match error {
        KitError::OtherSchema { .. } => {
            Fix::say("update factory-gitlab, or ask Factory for a kit of the schema that this version reads")
        }
        KitError::Fields(fields) if !fields.missing.is_empty() => {
            Fix::run("compare it with a kit that has every field", "factory-gitlab kit template")
        }
        KitError::NotJson { .. }
        | KitError::CutShort
        | KitError::NotAnObject
        | KitError::NoSchema
        | KitError::Fields(_) => Fix::say("give the file exactly as Factory gave it"),
    }
}

/// The keyring cannot be used. The secret can always be given in another way.
#[must_use]
pub fn credential_store() -> Fix {
    Fix::rerun("give the secret in a file or a variable, and do not use the keyring", "--keyring off")
}

/// Another run holds a lock.
#[must_use]
pub fn locked() -> Fix {
    Fix::rerun("wait for it to finish and run this again; a stale lock does not block", "")
}

/// The local record cannot be read or written.
#[must_use]
pub fn journal(error: &journal::Error) -> Fix {
    match error {
        journal::Error::Busy { .. } => locked(),
        journal::Error::Folder { .. }
        | journal::Error::Read { .. }
        | journal::Error::Write { .. }
        | journal::Error::Look { .. }
        | journal::Error::Audit { .. }
        | journal::Error::NoFolder => {
            Fix::say("check the folder's free space and permissions, or set FACTORY_GITLAB_STATE_DIR to another one")
        }
    }
}

/// A bundle that could not be sealed, written, read or opened.
#[must_use]
pub fn sealing(error: &SealError) -> Option<Fix> {
    Some(match error {
        SealError::Write { .. } => Fix::say("check the folder's free space and permissions"),
        SealError::NotAge(_) | SealError::Damaged(_) => {
            Fix::say("copy the whole file again, as binary; if it is lost, connect seals a new one")
        }
        SealError::WrongIdentity => {
            Fix::run("see which recipients it is sealed for", "factory-gitlab bundle inspect FILE")
        }
        SealError::Identity(_) => Fix::say("give the file that age-keygen wrote"),
        SealError::Seal(_) | SealError::Read { .. } => return None,
    })
}

/// A sealed bundle that Factory has not accepted.
#[must_use]
pub fn send_again(path: &Path) -> Fix {
    Fix::run(
        "send the sealed bundle again when that is done; it is kept",
        format!("factory-gitlab bundle upload {}", shell_word(&path.to_string_lossy())),
    )
}
