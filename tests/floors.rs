//! The house keeps its floors: which room may lean on which, and where each heavy crate lives.
//!
//! Reads the sources as text. An offence names its file and line.

mod paths;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, floor by floor from the ground.
const FLOORS: [&[&str]; 7] = [
    &["delivery", "text"],
    &["signature", "filter", "export", "net"],
    &["provider", "store", "fault"],
    &["outbox"],
    &["inbox", "mock"],
    &["tui"],
    &["commands"],
];

/// Lower floors that a room may not use all the same.
const KEPT_APART: [(&str, &str); 2] = [("inbox", "net"), ("mock", "net")];

/// Crates, and the rooms that may name them.
const CRATES: [(&str, &[&str]); 13] = [
    ("hmac", &["signature"]),
    ("sha2", &["signature"]),
    ("hex", &["signature"]),
    ("hyper", &["net"]),
    ("hyper_util", &["net"]),
    ("hyper_rustls", &["net"]),
    ("http_body_util", &["net"]),
    ("rusqlite", &["store"]),
    ("dashmap", &["inbox"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("clap", &["commands", "main", "lib"]),
    ("anyhow", &["commands", "main", "lib"]),
];

/// Sockets live in `net`, whichever crate they come from.
const SOCKETS: [&str; 7] = [
    "TcpStream",
    "TcpListener",
    "TcpSocket",
    "UnixStream",
    "UnixListener",
    "UnixDatagram",
    "UdpSocket",
];

/// One file of the house.
struct File<'a> {
    /// From the root of the repository, with forward slashes.
    path: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn steps(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.split('/').filter(|step| *step != "mod").collect()
    }

    /// The room, or `main` or `lib`.
    fn room(&self) -> &str {
        self.steps().first().copied().unwrap_or_default()
    }

    /// How many modules deep it is: 1 for `src/room/mod.rs`.
    fn depth(&self) -> usize {
        self.steps().len()
    }

    fn is_roof(&self) -> bool {
        matches!(self.room(), "main" | "lib")
    }

    fn offence(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Everything that a file does and may not.
fn offences(file: &File<'_>) -> Vec<String> {
    let code = source::code(file.text);
    let mut offences = Vec::new();
    if !file.text.starts_with("//!") {
        offences.push(file.offence(1, "does not start with a //! that says what it is"));
    }
    offences.extend(imports(file, &code));
    offences.extend(crates(file, &code));
    offences
}

fn imports(file: &File<'_>, code: &str) -> Vec<String> {
    let mut named = paths::after("crate", code);
    if file.room() == "main" {
        named.extend(paths::after("hook64", code));
    }
    if !file.is_roof() {
        named.extend(paths::above(file.depth(), code));
    }
    named
        .iter()
        .filter_map(|one| Some(file.offence(one.line, &refusal(file, &one.name)?)))
        .collect()
}

/// Why a file may not name this beneath the root.
fn refusal(file: &File<'_>, name: &str) -> Option<String> {
    let room = file.room();
    if name == "*" {
        return Some("imports everything at once: name what is used".to_owned());
    }
    if file.is_roof() || name == room {
        return None;
    }
    let Some(own) = floor(room) else {
        return Some(format!(
            "the room {room} stands on no floor: add it to tests/floors.rs"
        ));
    };
    let Some(other) = floor(name) else {
        return Some(format!(
            "{name} is no room: nothing lives at the top but lib and main"
        ));
    };
    if other >= own {
        let what = format!("{room} (floor {own}) imports {name} (floor {other})");
        return Some(what);
    }
    let is_kept_apart = KEPT_APART.contains(&(room, name));
    is_kept_apart.then(|| format!("{room} never imports {name}"))
}

fn crates(file: &File<'_>, code: &str) -> Vec<String> {
    let room = file.room();
    let homes = CRATES.iter().filter(|(_, rooms)| !rooms.contains(&room));
    let foreign = homes.flat_map(|(name, rooms)| {
        let home = rooms.first().copied().unwrap_or_default();
        paths::begins(name, code)
            .into_iter()
            .map(move |one| (one, home))
    });
    let sockets = SOCKETS
        .iter()
        .flat_map(|name| paths::mentions(name, code))
        .chain(
            paths::after("tokio", code)
                .into_iter()
                .filter(|one| one.name == "net"),
        )
        .filter(|_| room != "net")
        .map(|one| (one, "net"));
    foreign
        .chain(sockets)
        .map(|(one, home)| {
            let what = format!("{room} names {}, which lives in {home}", one.name);
            file.offence(one.line, &what)
        })
        .collect()
}

/// All the files under a folder, in order.
fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the sources can be read") {
            let path = entry.expect("the sources can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Whether a file is, or lies in, a module that its parents declare for tests alone.
fn is_for_tests(path: &Path, test_modules: &[PathBuf]) -> bool {
    test_modules
        .iter()
        .any(|module| path.with_extension("") == *module || path.starts_with(module))
}

/// The folder in which a module's children live.
fn children(path: &Path) -> PathBuf {
    let is_parent = path
        .file_stem()
        .is_some_and(|stem| stem == "mod" || stem == "lib" || stem == "main");
    if is_parent {
        path.parent().unwrap_or(path).to_owned()
    } else {
        path.with_extension("")
    }
}

#[test]
fn every_room_leans_on_lower_floors_only_and_heavy_crates_stay_at_home() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources: Vec<(PathBuf, String)> = files_under(&root.join("src"))
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source is text");
            (path, text)
        })
        .collect();
    let test_modules: Vec<PathBuf> = sources
        .iter()
        .flat_map(|(path, text)| {
            let folder = children(path);
            source::test_modules(text)
                .into_iter()
                .map(move |name| folder.join(name))
        })
        .collect();
    let found: Vec<String> = sources
        .iter()
        .filter(|(path, _)| !is_for_tests(path, &test_modules))
        .flat_map(|(path, text)| {
            let path = path.strip_prefix(root).unwrap_or(path);
            let path = path.to_string_lossy().replace('\\', "/");
            offences(&File { path: &path, text })
        })
        .collect();
    assert!(sources.len() > 20, "the walk found {} files", sources.len());
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_room_of_the_house_is_declared_and_stands_on_a_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(root.join("lib.rs")).expect("lib.rs can be read");
    let lib = source::code(&lib);
    for path in files_under(&root) {
        let inside = path.strip_prefix(&root).unwrap_or(&path);
        let first = inside.iter().next().unwrap_or_default().to_string_lossy();
        let room = first.trim_end_matches(".rs");
        if matches!(room, "lib" | "main") {
            continue;
        }
        assert!(
            floor(room).is_some(),
            "{} stands on no floor",
            path.display()
        );
        assert!(
            lib.contains(&format!("mod {room};")),
            "{room} is not declared"
        );
    }
}

/// What the checker says about a made-up file, without its path.
fn said(path: &str, text: &str) -> Vec<String> {
    let text = format!("//! A file.\n{text}");
    let found = offences(&File { path, text: &text });
    let prefix = format!("{path}:");
    found
        .iter()
        .map(|offence| offence.trim_start_matches(&prefix).to_owned())
        .collect()
}

#[test]
fn an_import_from_the_same_or_a_higher_floor_is_found() {
    let same = "use crate::delivery::Delivery;\nuse crate::{text, provider::{recognise}};\n";
    assert_eq!(
        said("src/store/query.rs", same),
        ["3: store (floor 2) imports provider (floor 2)"]
    );
    let higher = "fn f() { crate::inbox::g() }";
    assert_eq!(
        said("src/outbox/mod.rs", higher),
        ["2: outbox (floor 3) imports inbox (floor 4)"]
    );
    let climbing = "use super::own;\nuse super::super::tui::App;";
    assert_eq!(
        said("src/text/escape.rs", climbing),
        ["3: text (floor 0) imports tui (floor 5)"]
    );
    assert_eq!(
        said("src/inbox/mod.rs", "use crate::net::Handler;"),
        ["2: inbox never imports net"]
    );
    assert_eq!(said("src/tui/app.rs", "use crate::*;").len(), 1);
    assert_eq!(said("src/main.rs", "use hook64::*;").len(), 1);
    assert_eq!(said("src/tui/app.rs", "use crate::Exit;").len(), 1);
    assert_eq!(said("src/cellar/mod.rs", "use crate::text;").len(), 1);
}

#[test]
fn a_heavy_crate_or_a_socket_outside_its_room_is_found() {
    assert_eq!(
        said(
            "src/store/seal.rs",
            "use sha2::Digest;\nlet d = hex::encode(x);"
        ),
        [
            "2: store names sha2, which lives in signature",
            "3: store names hex, which lives in signature",
        ]
    );
    let sockets = "use std::net::{SocketAddr, TcpStream};\nuse tokio::{net::lookup_host, time};";
    assert_eq!(
        said("src/commands/listen.rs", sockets),
        [
            "2: commands names TcpStream, which lives in net",
            "3: commands names net, which lives in net",
        ]
    );
    assert_eq!(said("src/inbox/mod.rs", "use clap::Parser;").len(), 1);
}

#[test]
fn a_file_without_a_word_about_itself_is_found() {
    let file = File {
        path: "src/text/mod.rs",
        text: "fn main() {}",
    };
    assert_eq!(offences(&file).len(), 1);
}

#[test]
fn what_keeps_to_the_rules_is_left_alone() {
    let fine = "use std::net::SocketAddr;\nuse crate::{delivery::Head, text};\nuse crate::store::x;\n\
                // crate::tui\nlet s = \"crate::tui\";\n#[cfg(test)]\nmod tests { use crate::tui::x; use hex::y; }\n";
    assert_eq!(said("src/store/mod.rs", fine), Vec::<String>::new());
    assert_eq!(
        said(
            "src/net/server.rs",
            "use hyper::body; use tokio::net::TcpListener;"
        ),
        Vec::<String>::new()
    );
    assert_eq!(
        said("src/main.rs", "use hook64::commands;"),
        Vec::<String>::new()
    );
    assert_eq!(
        said(
            "src/commands/mod.rs",
            "use crate::{inbox, net, tui}; use clap::Parser;"
        ),
        Vec::<String>::new()
    );
}
