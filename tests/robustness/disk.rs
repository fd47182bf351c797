//! What happens to the store under a running listener: no 2xx without a record, and it goes on by
//! itself when it can.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::rig::app::App;
use crate::rig::http::post;
use crate::rig::{Home, Listener, eventually};

/// Posts bodies of this size until one is refused; the paths of those that were acknowledged.
fn fill(listener: &Listener, size: usize) -> BTreeSet<String> {
    let mut acknowledged = BTreeSet::new();
    let body = vec![b'x'; size];
    for number in 0..2_000 {
        let path = format!("/{number}");
        match post(&listener.address, &path, &[], &body).status {
            200 => acknowledged.insert(path),
            status => {
                assert_eq!(status, 503);
                return acknowledged;
            }
        };
    }
    panic!("it never became full");
}

/// Posts until it is acknowledged again.
pub(super) fn until_it_goes_on(listener: &Listener) {
    eventually("it is acknowledged again", || {
        (post(&listener.address, "/again", &[], b"x").status == 200).then_some(())
    });
}

pub(super) fn stored(home: &Home) -> BTreeSet<String> {
    let listed = home.run(&["list", "--output", "json", "--limit", "100000"]);
    let paths = listed.expect(0).json_lines().into_iter();
    paths
        .map(|delivery| delivery["path"].as_str().unwrap().to_owned())
        .collect()
}

/// Files grow to 4 MiB and no further. A process that ignores the signal gets an error instead, as
/// from a disk.
const NO_LARGE_FILES: &str = "trap '' XFSZ; ulimit -S -f 4096; exec \"$@\"";

/// No file may grow to more than this from now on.
fn limit_files(listener: &Listener, bytes: Option<u64>) {
    let pid = Pid::from_raw(listener.pid().try_into().unwrap());
    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    prlimit(pid, Resource::Fsize, limit).unwrap();
}

/// Posts until one is refused, and sees to it that nothing is stored from then on: the listener
/// might find room by itself, when it begins its log anew. The paths of those that were acknowledged.
fn fill_for_good(listener: &Listener) -> BTreeSet<String> {
    let acknowledged = fill(listener, 100_000);
    limit_files(listener, Some(0));
    acknowledged
}

#[test]
fn a_file_that_may_not_grow_refuses_and_goes_on_when_it_may() {
    let home = Home::new();
    let listener = home.listen_in(NO_LARGE_FILES, &[] as &[&str]);
    let acknowledged = fill_for_good(&listener);
    assert!(acknowledged.len() > 3, "{acknowledged:?}");
    let failed = listener.next("store_failed");
    assert_eq!(failed["recovered"], false);
    assert!(!failed["error"].as_str().unwrap().is_empty());
    assert_eq!(post(&listener.address, "/", &[], b"x").status, 503);

    limit_files(&listener, None);
    until_it_goes_on(&listener);
    assert_eq!(listener.next("store_failed")["recovered"], true);
    assert!(stored(&home).is_superset(&acknowledged));
}

#[test]
fn what_the_app_took_does_not_reach_it_again_while_nothing_can_be_stored() {
    let home = Home::new();
    let app = App::saying(200);
    let listener = home.listen_in(NO_LARGE_FILES, &["--forward", &app.url]);
    fill_for_good(&listener);
    let asked = app.requests().len();
    let event = [("Sixtyfour-Event-Id", "e-1")];
    for _ in 0..3 {
        assert_eq!(post(&listener.address, "/", &event, b"{}").status, 503);
        assert_eq!(app.requests().len(), asked + 1);
    }
    limit_files(&listener, None);
    eventually("it is acknowledged", || {
        (post(&listener.address, "/", &event, b"{}").status == 200).then_some(())
    });
    assert_eq!(app.requests().len(), asked + 1);
}

#[test]
fn what_was_not_stored_is_not_said_to_be_taken_without_a_route() {
    let home = Home::new();
    let app = App::saying(200);
    let route = format!("/only={}", app.url);
    let listener = home.listen_in(NO_LARGE_FILES, &["--forward", &route]);
    limit_files(&listener, Some(0));
    assert_eq!(post(&listener.address, "/lost", &[], b"x").status, 503);
    limit_files(&listener, None);
    until_it_goes_on(&listener);
    let stderr = listener.stop().expect(0).stderr;
    let is_noted = |path: &str| stderr.contains(&format!("no route is for (no type) on {path}"));
    assert!(is_noted("/again") && !is_noted("/lost"), "{stderr}");
}

/// Mounts a small file system over the data directory, in a name space of its own that ends with
/// the listener.
const SMALL_DISK: &str = "exec unshare -rm sh -c 'mkdir -p data && \
    mount -t tmpfs -o size=40m,mode=700 none data && exec \"$@\"' sh \"$@\"";

/// Not every machine lets a user have a name space.
fn can_mount() -> bool {
    let tried = Command::new("unshare")
        .args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"])
        .output();
    let can = tried.is_ok_and(|output| output.status.success());
    if !can {
        eprintln!("skipped: unshare -rm mount does not work here");
    }
    can
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    if !can_mount() {
        return;
    }
    let home = Home::new();
    let listener = home.listen_in(SMALL_DISK, &[] as &[&str]);
    // The same directory, as the listener sees it.
    let inside = |name: &str| {
        let path = home.path(name);
        PathBuf::from(format!("/proc/{}/root{}", listener.pid(), path.display()))
    };
    let ballast = inside("data/ballast");
    fs::write(&ballast, vec![0; 20_000_000]).unwrap();
    let acknowledged = fill(&listener, 100_000);
    assert!(acknowledged.len() > 3, "{acknowledged:?}");
    let error = listener.next("store_failed")["error"].to_string();
    assert!(error.contains("no room"), "{error}");

    fs::remove_file(&ballast).unwrap();
    until_it_goes_on(&listener);
    let script = format!(
        "exec nsenter --preserve-credentials -U -m -t {} -- \"$@\"",
        listener.pid()
    );
    let arguments = ["list", "--output", "json", "--limit", "9999"];
    let listed = home.run_in(&script, &arguments);
    let kept: BTreeSet<_> = listed
        .expect(0)
        .json_lines()
        .into_iter()
        .map(|delivery| delivery["path"].as_str().unwrap().to_owned())
        .collect();
    assert!(kept.is_superset(&acknowledged));
}

#[test]
fn a_read_only_place_for_the_store_is_named_at_the_start() {
    if !can_mount() {
        return;
    }
    let home = Home::new();
    let script = "exec unshare -rm sh -c 'mkdir -p data && \
        mount -t tmpfs -o ro none data && exec \"$@\"' sh \"$@\"";
    let refused = home.run_in(script, &["listen", "--port", "0"]).expect(1);
    assert!(refused.stderr.contains("data/hook64"), "{}", refused.stderr);
    assert!(refused.stderr.contains("fix: "), "{}", refused.stderr);
}

#[test]
fn a_store_that_was_taken_away_is_missed_and_welcome_back() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    assert_eq!(post(&listener.address, "/before", &[], b"x").status, 200);
    let [here, away] = ["data/hook64/hook64.db", "data/hook64/away.db"].map(|name| home.path(name));
    fs::rename(&here, &away).unwrap();
    eventually("it is missed", || {
        (post(&listener.address, "/missed", &[], b"x").status == 503).then_some(())
    });
    let error = listener.next("store_failed")["error"].to_string();
    assert!(error.contains("hook64.db"), "{error}");
    assert!(!here.exists(), "no other store is begun in its place");
    fs::rename(&away, &here).unwrap();
    until_it_goes_on(&listener);
    assert!(stored(&home).contains("/before"));
}

#[test]
fn a_store_that_was_replaced_is_not_written_to() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    assert_eq!(post(&listener.address, "/before", &[], b"x").status, 200);
    let here = home.store();
    fs::rename(&here, home.path("data/hook64/away.db")).unwrap();
    fs::write(&here, b"something else").unwrap();
    eventually("it is noticed", || {
        (post(&listener.address, "/refused", &[], b"x").status == 503).then_some(())
    });
    assert_eq!(fs::read(&here).unwrap(), b"something else");
    listener.stop();
    assert_eq!(fs::read(&here).unwrap(), b"something else");
}

#[test]
fn a_directory_that_was_removed_gets_no_2xx() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    assert_eq!(post(&listener.address, "/before", &[], b"x").status, 200);
    fs::remove_dir_all(home.path("data")).unwrap();
    eventually("it is noticed", || {
        (post(&listener.address, "/refused", &[], b"x").status == 503).then_some(())
    });
    listener.signal("TERM");
    assert_eq!(listener.ended().code, Some(143));
}
