//! Which file a path leads to, asked in the cheapest way.
//!
//! The writer asks before every commit. Since Linux 6.13 a write after somebody asked for the times
//! of a file notes a new one, and the next flush writes the inode as well as the data: a third more
//! for a flush. So the number alone is asked for, where the system can be asked that way.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What a file is on its machine, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inode {
    device: u64,
    number: u64,
}

impl Inode {
    /// The file that a path leads to right now.
    ///
    /// # Errors
    /// When there is none, or it cannot be seen.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(inode) = Self::without_times(path) {
            return inode;
        }
        fs::metadata(path).map(|metadata| Self::of(&metadata))
    }

    /// The file that something is known of.
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            number: metadata.ino(),
        }
    }

    /// `None` where that call is unknown or not allowed.
    #[cfg(target_os = "linux")]
    fn without_times(path: &Path) -> Option<io::Result<Self>> {
        use rustix::fs::{AtFlags, CWD, StatxFlags, makedev, statx};
        use rustix::io::Errno;

        match statx(CWD, path, AtFlags::empty(), StatxFlags::INO) {
            Ok(seen) => Some(Ok(Self {
                device: makedev(seen.stx_dev_major, seen.stx_dev_minor),
                number: seen.stx_ino,
            })),
            Err(Errno::NOSYS | Errno::PERM) => None,
            Err(error) => Some(Err(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_by_path_and_by_what_is_known_of_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store");
        let file = fs::File::create(&path).unwrap();
        let known = Inode::of(&file.metadata().unwrap());
        assert_eq!(Inode::at(&path).unwrap(), known);
        fs::rename(&path, directory.path().join("elsewhere")).unwrap();
        assert_eq!(
            Inode::at(&path).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        fs::File::create(&path).unwrap();
        assert_ne!(Inode::at(&path).unwrap(), known);
    }
}
