//! Running processes of cloudflared: where their metrics are, and which URL they forward to.
//!
//! A quick tunnel's agent tells its public name but not its local end, and its metrics may be on
//! any port. Linux tells both through `/proc`; elsewhere, and where `/proc` is closed to us, only
//! the usual ports are known. Nothing that is read here is shown but the URL.

use std::fs::{self, File};
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use super::upstream::Upstream;

/// How the program is called; a download may carry more behind it (`cloudflared-linux-amd64`).
const NAME: &str = "cloudflared";
/// More of them than anyone runs.
const MAX_PROCESSES: usize = 16;
/// A command line or an environment is a few kilobytes.
const MAX_FILE: u64 = 128 * 1024;

/// One running cloudflared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    /// Loopback addresses under which its metrics may be.
    pub(super) metrics: Vec<SocketAddr>,
    /// Its `--url`.
    pub(super) url: Option<Upstream>,
}

/// Every cloudflared that `/proc` shows. Reads files: not to be called where others wait.
pub(super) fn running(proc: &Path) -> Vec<Process> {
    let Ok(entries) = fs::read_dir(proc) else {
        return Vec::new();
    };
    let is_process = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    let folders: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(is_process))
        .map(|entry| entry.path())
        .filter(|folder| read(&folder.join("comm")).is_some_and(|name| name.starts_with(NAME)))
        .take(MAX_PROCESSES)
        .collect();
    if folders.is_empty() {
        return Vec::new();
    }
    let sockets = listening(proc);
    folders
        .iter()
        .map(|folder| process(folder, &sockets))
        .collect()
}

fn process(folder: &Path, sockets: &[Socket]) -> Process {
    let arguments = read(&folder.join("cmdline")).unwrap_or_default();
    let environment = read(&folder.join("environ")).unwrap_or_default();
    let says = |flag: &str, variable: &str| {
        let said = flag_value(&arguments, flag).or_else(|| variable_value(&environment, variable));
        said.filter(|said| !said.is_empty())
    };
    // The sockets are the truth, but only those of our own user's processes can be seen.
    let mut metrics = held(folder, sockets);
    if metrics.is_empty() {
        metrics = says("metrics", "TUNNEL_METRICS").map_or_else(Vec::new, addresses);
    }
    Process {
        metrics,
        url: says("url", "TUNNEL_URL").map(Upstream::read),
    }
}

fn read(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MAX_FILE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The value of a flag, as Go's flag package reads it: one dash or two, `=` or the next argument.
fn flag_value<'a>(arguments: &'a str, flag: &str) -> Option<&'a str> {
    let mut arguments = arguments.split('\0');
    let mut value = None;
    while let Some(argument) = arguments.next() {
        let Some(name) = argument.strip_prefix('-') else {
            continue;
        };
        let name = name.strip_prefix('-').unwrap_or(name);
        match name.split_once('=') {
            Some((name, said)) if name == flag => value = Some(said),
            None if name == flag => value = arguments.next(),
            _ => {}
        }
    }
    value
}

fn variable_value<'a>(environment: &'a str, variable: &str) -> Option<&'a str> {
    environment
        .split('\0')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(name, value)| (name == variable).then_some(value))
}

/// The loopback addresses that a `HOST:PORT` to listen on can be reached at. Names other than
/// `localhost` are not looked up: that would be asking another machine.
fn addresses(listen: &str) -> Vec<SocketAddr> {
    let Some((host, port)) = listen.rsplit_once(':') else {
        return Vec::new();
    };
    let Some(port) = port.parse().ok().filter(|port| *port != 0) else {
        return Vec::new();
    };
    if host.is_empty() || host.eq_ignore_ascii_case("localhost") {
        let both = [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ];
        return both.map(|ip| SocketAddr::new(ip, port)).into();
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let ip = host.parse().ok().and_then(loopback);
    ip.map(|ip| SocketAddr::new(ip, port)).into_iter().collect()
}

/// The loopback address at which something that listens on this one answers.
fn loopback(ip: IpAddr) -> Option<IpAddr> {
    match ip.to_canonical() {
        IpAddr::V4(ip) if ip.is_unspecified() => Some(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => Some(Ipv6Addr::LOCALHOST.into()),
        ip => ip.is_loopback().then_some(ip),
    }
}

/// A socket that listens, by the name that a file descriptor links to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Socket {
    name: String,
    address: SocketAddr,
}

/// The sockets that listen where a loopback address reaches them.
fn listening(proc: &Path) -> Vec<Socket> {
    ["net/tcp", "net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(proc.join(table)).ok())
        .flat_map(|table| table.lines().skip(1).filter_map(socket).collect::<Vec<_>>())
        .collect()
}

fn socket(line: &str) -> Option<Socket> {
    const LISTENING: &str = "0A";
    let mut fields = line.split_ascii_whitespace();
    let (ip, port) = fields.nth(1)?.rsplit_once(':')?;
    let state = fields.nth(1)?;
    let inode: u64 = fields.nth(5)?.parse().ok()?;
    let address = SocketAddr::new(
        loopback(table_address(ip)?)?,
        u16::from_str_radix(port, 16).ok()?,
    );
    (state == LISTENING).then(|| Socket {
        name: format!("socket:[{inode}]"),
        address,
    })
}

/// An address as the kernel's tables write it: words of 32 bits in the machine's byte order.
fn table_address(hexadecimal: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let digits = hexadecimal.get(at * 8..at * 8 + 8)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    };
    match hexadecimal.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let octets: [u8; 16] = words.concat().try_into().ok()?;
            Some(Ipv6Addr::from(octets).into())
        }
        _ => None,
    }
}

/// The addresses of the sockets that a process holds.
fn held(folder: &Path, sockets: &[Socket]) -> Vec<SocketAddr> {
    let Ok(descriptors) = fs::read_dir(folder.join("fd")) else {
        return Vec::new();
    };
    descriptors
        .filter_map(Result::ok)
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter_map(|link| {
            let named = sockets
                .iter()
                .find(|socket| link.to_str() == Some(&socket.name));
            named.map(|socket| socket.address)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_metrics_address_is_asked_only_where_it_is_loopback() {
        for (listen, expected) in [
            ("localhost:9000", &["127.0.0.1:9000", "[::1]:9000"][..]),
            (":9000", &["127.0.0.1:9000", "[::1]:9000"]),
            ("127.0.0.1:9000", &["127.0.0.1:9000"]),
            ("0.0.0.0:2000", &["127.0.0.1:2000"]),
            ("[::]:2000", &["[::1]:2000"]),
            ("[::1]:2000", &["[::1]:2000"]),
            ("[::ffff:127.0.0.1]:2000", &["127.0.0.1:2000"]),
            ("192.0.2.7:2000", &[]),
            ("metrics.example.com:2000", &[]),
            ("localhost:", &[]),
            ("localhost:0", &[]),
            ("localhost", &[]),
            ("localhost:66000", &[]),
            ("", &[]),
        ] {
            assert_eq!(addresses(listen), parse(expected), "{listen}");
        }
    }

    #[test]
    fn flags_are_read_as_the_program_reads_them() {
        for (arguments, expected) in [
            (
                "cloudflared\0tunnel\0--url\0http://localhost:1\0",
                Some("http://localhost:1"),
            ),
            (
                "cloudflared\0tunnel\0--url=localhost:2\0",
                Some("localhost:2"),
            ),
            (
                "cloudflared\0tunnel\0-url\0localhost:3\0",
                Some("localhost:3"),
            ),
            ("cloudflared\0--url\0a\0--url\0b\0", Some("b")),
            ("cloudflared\0--url", None),
            ("cloudflared\0--urls\0a\0url\0b\0", None),
            ("", None),
        ] {
            assert_eq!(flag_value(arguments, "url"), expected, "{arguments:?}");
        }
    }

    #[test]
    fn only_listening_sockets_that_loopback_reaches_are_taken_from_the_kernels_tables() {
        let line = |address: &str, state: &str| {
            format!("0: {address} 00000000:0000 {state} 0:0 0:0 0 1000 0 4711 1 0 100 0 0 10 0")
        };
        let v4 = |ip: [u8; 4]| format!("{:08X}:4F11", u32::from_ne_bytes(ip));
        let address = |line: &str| socket(line).map(|socket| socket.address.to_string());
        let loopback = line(&v4([127, 0, 0, 1]), "0A");
        assert_eq!(socket(&loopback).unwrap().name, "socket:[4711]");
        assert_eq!(address(&loopback).as_deref(), Some("127.0.0.1:20241"));
        let any = line(&v4([0, 0, 0, 0]), "0A");
        assert_eq!(address(&any).as_deref(), Some("127.0.0.1:20241"));
        let last = u32::from_ne_bytes([0, 0, 0, 1]);
        let v6 = line(&format!("{:024X}{last:08X}:4F11", 0), "0A");
        assert_eq!(address(&v6).as_deref(), Some("[::1]:20241"));
        assert_eq!(address(&line(&v4([192, 0, 2, 7]), "0A")), None);
        assert_eq!(address(&line(&v4([127, 0, 0, 1]), "01")), None);
        assert_eq!(address("junk"), None);
        assert_eq!(address(&line("ééé:4F11", "0A")), None);
    }

    #[cfg(unix)]
    mod proc {
        use std::os::unix::fs::symlink;

        use super::*;

        /// A process in a directory like `/proc`.
        fn add(proc: &Path, pid: u32, name: &str, arguments: &str, environment: &str) {
            let folder = proc.join(pid.to_string());
            fs::create_dir_all(folder.join("fd")).unwrap();
            fs::write(folder.join("comm"), format!("{name}\n")).unwrap();
            fs::write(folder.join("cmdline"), arguments.replace(' ', "\0")).unwrap();
            fs::write(folder.join("environ"), environment.replace(' ', "\0")).unwrap();
        }

        fn only(proc: &Path) -> Process {
            let mut found = running(proc);
            assert_eq!(found.len(), 1);
            found.remove(0)
        }

        #[test]
        fn a_cloudflared_is_known_by_its_name_and_asked_where_its_flags_say() {
            let proc = tempfile::tempdir().unwrap();
            let arguments = "cloudflared tunnel --url localhost:6464 --metrics 127.0.0.1:9000";
            add(proc.path(), 7, "sleep", arguments, "");
            add(
                proc.path(),
                8,
                "cloudflared",
                arguments,
                "TUNNEL_METRICS=127.0.0.1:1",
            );
            fs::create_dir(proc.path().join("net")).unwrap();
            let found = only(proc.path());
            assert_eq!(found.metrics, parse(&["127.0.0.1:9000"]));
            assert!(found.url.unwrap().reaches(6464));
        }

        #[test]
        fn its_environment_stands_in_for_flags_that_are_not_given() {
            let proc = tempfile::tempdir().unwrap();
            let environment = "HOME=/ TUNNEL_METRICS=0.0.0.0:2000 TUNNEL_URL=http://localhost:3000";
            add(
                proc.path(),
                9,
                "cloudflared-lin",
                "cloudflared tunnel",
                environment,
            );
            let found = only(proc.path());
            assert_eq!(found.metrics, parse(&["127.0.0.1:2000"]));
            assert_eq!(found.url.unwrap().port(), Some(3000));
        }

        #[test]
        fn the_socket_that_it_holds_tells_its_port_whatever_the_flags_say() {
            let proc = tempfile::tempdir().unwrap();
            add(
                proc.path(),
                9,
                "cloudflared",
                "cloudflared --metrics localhost:",
                "",
            );
            fs::create_dir(proc.path().join("net")).unwrap();
            let word = u32::from_ne_bytes([127, 0, 0, 1]);
            let table = format!(
                "header\n0: {word:08X}:A001 0:0 0A 0:0 0:0 0 0 0 4711 1\n\
                 1: {word:08X}:A002 0:0 0A 0:0 0:0 0 0 0 4712 1\n"
            );
            fs::write(proc.path().join("net/tcp"), table).unwrap();
            symlink("socket:[4711]", proc.path().join("9/fd/3")).unwrap();
            symlink("/dev/null", proc.path().join("9/fd/0")).unwrap();
            let found = only(proc.path());
            assert_eq!(found.metrics, parse(&["127.0.0.1:40961"]));
            assert_eq!(found.url, None);
        }

        #[test]
        fn a_proc_that_is_not_there_or_holds_nonsense_is_no_process() {
            let proc = tempfile::tempdir().unwrap();
            assert_eq!(running(&proc.path().join("missing")), []);
            fs::create_dir(proc.path().join("12")).unwrap();
            fs::write(proc.path().join("13"), "cloudflared").unwrap();
            assert_eq!(running(proc.path()), []);
        }
    }
}
