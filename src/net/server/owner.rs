//! Who has a port: for the message that says it is in use.
//!
//! Linux tells through `/proc`; elsewhere, and for the processes of other users, nobody is named.

use std::fs;
use std::path::Path;

/// A program that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its process id.
    pub pid: u32,
    /// Its name, as it calls itself: escape it before printing.
    pub program: String,
}

/// The program that listens on this TCP port of this machine, where that can be told.
#[must_use]
pub fn port_owner(port: u16) -> Option<Owner> {
    let proc = Path::new("/proc");
    let sockets: Vec<String> = ["net/tcp", "net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(proc.join(table)).ok())
        .flat_map(|table| listening_inodes(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    fs::read_dir(proc)
        .ok()?
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            Some((pid, entry.path()))
        })
        .find(|(_, process)| has_one_of(process, &sockets))
        .map(|(pid, process)| Owner {
            pid,
            program: program_name(&process),
        })
}

/// The inodes of the sockets that listen on `port`, from a table like `/proc/net/tcp`.
fn listening_inodes(table: &str, port: u16) -> Vec<u64> {
    const LISTENING: &str = "0A";
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let local = fields.nth(1)?;
            let state = fields.nth(1)?;
            let inode = fields.nth(5)?;
            let (_, local_port) = local.rsplit_once(':')?;
            let is_it = state == LISTENING && u16::from_str_radix(local_port, 16).ok()? == port;
            is_it.then(|| inode.parse().ok()).flatten()
        })
        .collect()
}

fn has_one_of(process: &Path, sockets: &[String]) -> bool {
    let Ok(descriptors) = fs::read_dir(process.join("fd")) else {
        return false;
    };
    descriptors
        .filter_map(Result::ok)
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .any(|target| {
            target
                .to_str()
                .is_some_and(|target| sockets.iter().any(|socket| socket == target))
        })
}

fn program_name(process: &Path) -> String {
    fs::read(process.join("comm")).map_or_else(
        |_| String::new(),
        |name| String::from_utf8_lossy(&name).trim_end().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn only_listening_sockets_on_the_port_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:1940 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000 100 0 0 10 0\n\
            1: 0100007F:1940 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0000 100 0 0 10 0\n\
            2: 0100007F:1941 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0000 100 0 0 10 0\n";
        assert_eq!(listening_inodes(table, 6464), [4711]);
        assert!(listening_inodes("junk\nmore junk", 6464).is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_listener_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let owner = port_owner(port).unwrap();
        assert_eq!(owner.pid, std::process::id());
        assert!(!owner.program.is_empty());
        drop(listener);
        // A process that is just being started may hold a copy of the socket for a moment.
        let begun = Instant::now();
        while let Some(owner) = port_owner(port) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{owner:?}");
        }
    }
}
