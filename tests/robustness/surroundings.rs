//! The process and what is around it: signals, environment, configuration.

use std::collections::HashSet;
use std::fs;
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::rig::http::{Connection, post, post_bytes};
use crate::rig::{Home, eventually, send_signal};

#[test]
fn what_was_acknowledged_before_a_sigterm_under_load_is_stored() {
    let home = Home::new();
    let listener = home.listen(&["--output", "quiet"]);
    let count = Arc::new(AtomicU64::new(0));
    let posters: Vec<_> = (0..16)
        .map(|_| {
            let mut connection = Connection::open(&listener.address);
            let count = Arc::clone(&count);
            thread::spawn(move || {
                let mut acknowledged = Vec::new();
                loop {
                    let path = format!("/{}", count.fetch_add(1, Ordering::Relaxed));
                    connection.send(&post_bytes(&path, &[], path.as_bytes()));
                    match connection.answer() {
                        Ok(Some(answer)) if answer.status == 200 => acknowledged.push(path),
                        _ => return acknowledged,
                    }
                }
            })
        })
        .collect();
    eventually("there is load", || {
        (count.load(Ordering::Relaxed) > 300).then_some(())
    });
    let started = Instant::now();
    listener.signal("TERM");
    listener.ended().expect(143);
    let took = started.elapsed();
    assert!(took < Duration::from_secs(25), "{took:?}");
    let acknowledged: Vec<_> = posters
        .into_iter()
        .flat_map(|poster| poster.join().unwrap())
        .collect();
    assert!(acknowledged.len() > 200);
    let listed = home.run(&["list", "--limit", "1000000", "--output", "json"]);
    let stored: HashSet<_> = listed
        .expect(0)
        .json_lines()
        .into_iter()
        .map(|delivery| delivery["path"].as_str().unwrap().to_owned())
        .collect();
    for path in acknowledged {
        assert!(stored.contains(&path), "{path}");
    }
}

#[test]
fn a_second_interrupt_leaves_at_once() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "delay(1h)"]);
    let mut waiting = Connection::open(&listener.address);
    waiting.send(&post_bytes("/", &[], b"x"));
    eventually("it is stored", || {
        (home.run(&["list"]).code == Some(0)).then_some(())
    });
    listener.signal("INT");
    // Two that are pending at the same time are one.
    eventually("the first one is heard", || {
        TcpStream::connect(&listener.address).err()
    });
    assert!(waiting.is_silent_for(Duration::from_millis(300)));
    let started = Instant::now();
    listener.signal("INT");
    listener.ended().expect(130);
    // What is under way would be waited for ten seconds.
    assert!(started.elapsed() < Duration::from_secs(8));
}

#[test]
fn a_terminal_that_goes_away_is_a_clean_stop() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    assert_eq!(post(&listener.address, "/", &[], b"x").status, 200);
    listener.signal("HUP");
    listener.ended().expect(143);
    home.run(&["show", "1"]).expect(0);
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    for _ in 0..3 {
        post(&listener.address, "/", &[], &[b'x'; 200_000]);
    }
    for arguments in [
        &["list"][..],
        &["list", "--output", "json"],
        &["show", "1"],
        &["export", "--format", "ndjson", "--body", "full"],
        &["export", "--format", "http"],
        &["--help"],
    ] {
        let mut child = home
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (output.status.code(), &*said),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn without_a_home_it_runs_or_says_what_is_missing() {
    let home = Home::new();
    let bare = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command
            .env_remove("HOME")
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CONFIG_HOME");
        command
    };
    let store = home.path("s.db");
    let store = store.to_str().unwrap();
    let output = bare(&["list", "--store", store]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let output = bare(&["--version"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    // The user's entry says where the home is, or there is none.
    let output = bare(&["list"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0..=3)), "{said}");

    let mut command = home.command(&["list"]);
    command
        .env("HOME", "/nonexistent")
        .env("XDG_DATA_HOME", "relative/path");
    let output = command.output().unwrap();
    assert!(matches!(output.status.code(), Some(1..=3)), "{output:?}");
    let listen = home
        .command(&["listen", "--port", "0"])
        .env("XDG_DATA_HOME", "/proc/nothing")
        .output()
        .unwrap();
    assert_eq!(listen.status.code(), Some(1));
    let said = String::from_utf8_lossy(&listen.stderr);
    assert!(
        said.contains("/proc/nothing") && said.contains("fix: "),
        "{said}"
    );
}

#[test]
fn a_configuration_that_is_wrong_is_refused_with_its_place() {
    let home = Home::new();
    for (content, place) in [
        ("prot = 1\n", "line 1, column 1"),
        ("\u{feff}prot = 1\n", "line 1, column 1"),
        ("\r\n\r\nport = \"x\"\r\n", "line 3, column 8"),
        ("port = 1\nport = 2\n", "line 2, column "),
        ("port = 70000\n", "line 1, column 8"),
        ("tolerance = \"soon\"\n", "line 1, column 13"),
        ("port = \n", "line 1, column "),
        ("a = \"\u{1b}[31m\"\n", "line 1, column "),
        ("a\u{1b}[31m = 1\n", "line 1, column "),
    ] {
        fs::write(home.path("hook64.toml"), content).unwrap();
        let refused = home.run(&["listen", "--port", "0"]).expect(2);
        assert!(
            refused.stderr.contains(place),
            "{content:?}: {}",
            refused.stderr
        );
        assert!(!refused.stderr.contains('\u{1b}'), "{}", refused.stderr);
    }
    fs::remove_file(home.path("hook64.toml")).unwrap();
    std::os::unix::fs::symlink("hook64.toml", home.path("hook64.toml")).unwrap();
    let looped = home.run(&["listen", "--port", "0"]);
    assert!(matches!(looped.code, Some(1 | 2)), "{looped:?}");
    assert!(looped.stderr.contains("hook64.toml"), "{looped:?}");
}

#[test]
fn a_configuration_with_a_mark_and_foreign_line_ends_is_read() {
    let home = Home::new();
    let content = "\u{feff}# for this project\r\nfault = \"always:503\"\r\n";
    fs::write(home.path("hook64.toml"), content).unwrap();
    let listener = home.listen::<&str>(&[]);
    assert_eq!(post(&listener.address, "/", &[], b"x").status, 503);
}

#[test]
fn a_terminal_that_stands_still_stops_neither_the_answers_nor_the_end() {
    let home = Home::new();
    let ready = home.path("stalled-ready");
    let mut child = home
        .command(&["listen", "--port", "0", "--output", "json", "--ready-file"])
        .arg(&ready)
        .args(["--fault", "always:hold@path:/hold"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let url = eventually("ready", || {
        let url = fs::read_to_string(&ready).ok();
        url.filter(|text| text.ends_with('\n'))
    });
    let address = url
        .trim()
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let fill = || {
        for number in 0..100 {
            let path = format!("/{number}");
            assert_eq!(post(address, &path, &[], &[b'x'; 4096]).status, 200);
        }
    };
    fill();
    // What else is said does not stop it either.
    let mut held: Vec<_> = (0..4).map(|_| Connection::open(address)).collect();
    for connection in &mut held {
        connection.send(&post_bytes("/hold", &[], b"x"));
    }
    fill();
    assert_eq!(home.run(&["status"]).expect(0).code, Some(0));
    send_signal(child.id(), "TERM");
    for mut connection in held {
        assert_eq!(connection.answer().unwrap().unwrap().status, 503);
    }
    let status = eventually("it ends", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(143));
    let listed = home.run(&["list", "--limit", "1000", "--output", "json"]);
    assert_eq!(listed.expect(0).json_lines().len(), 204);
}
