//! The control socket, and the commands on top of it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::process::Command;

use serde_json::{Value, json};

use crate::rig::control::{call, socket, status};
use crate::rig::http::{post, raw};
use crate::rig::{Home, Listener, has_curl};

fn next_status(listener: &Listener) -> u16 {
    post(&listener.address, "/", &[], b"x").status
}

fn rules(status: &Value) -> Vec<&str> {
    let armed = status["armed"].as_array().unwrap();
    armed
        .iter()
        .filter_map(|rule| rule["rule"].as_str())
        .collect()
}

#[test]
fn the_socket_is_private_and_gone_after_a_clean_stop() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let found = fs::symlink_metadata(socket(&home)).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    listener.stop().expect(0);
    assert!(!socket(&home).exists());
}

#[test]
fn the_socket_of_a_killed_listener_is_replaced() {
    let home = Home::new();
    home.listen::<&str>(&[]).kill();
    assert!(socket(&home).exists());
    let dead = home.run(&["status"]).expect(3);
    assert!(dead.stderr.contains("no listener"), "{}", dead.stderr);
    let listener = home.listen::<&str>(&[]);
    let steered = home.run(&["status", "--output", "json"]).expect(0);
    let object: Value = serde_json::from_str(&steered.stdout).unwrap();
    assert_eq!(object["pid"], listener.pid());
}

#[test]
fn whoever_is_told_that_the_listener_is_ready_can_steer_it_at_once() {
    for _ in 0..10 {
        let home = Home::new();
        let listener = home.listen::<&str>(&[]);
        assert_eq!(status(&home)["pid"], listener.pid());
    }
}

#[test]
fn a_second_listener_is_refused_and_leaves_the_socket_of_the_first_alone() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "always:503"]);
    home.run(&["listen", "--port", "0"]).expect(1);
    let status = status(&home);
    assert_eq!(status["pid"], listener.pid());
    assert_eq!(rules(&status), ["always:503"]);
}

#[test]
fn what_is_in_the_way_of_the_socket_is_left_alone_and_the_listener_works_without() {
    let home = Home::new();
    fs::create_dir_all(socket(&home).parent().unwrap()).unwrap();
    fs::write(socket(&home), "mine").unwrap();
    let listener = home.listen::<&str>(&[]);
    assert_eq!(next_status(&listener), 200);
    let ended = listener.stop().expect(0);
    let warning: Value = serde_json::from_str(ended.stderr.trim()).unwrap();
    assert_eq!(warning["kind"], "warning");
    assert_eq!(warning["code"], "control");
    assert_eq!(fs::read_to_string(socket(&home)).unwrap(), "mine");
}

#[test]
fn scripts_may_use_it_with_curl() {
    if !has_curl() {
        return;
    }
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let curl = |path: &str, body: Option<&str>| {
        let mut command = Command::new("curl");
        command.args([
            "-q",
            "--noproxy",
            "*",
            "-sS",
            "--max-time",
            "20",
            "--unix-socket",
        ]);
        command
            .arg(socket(&home))
            .arg(format!("http://hook64{path}"));
        if let Some(body) = body {
            command.args(["--data", body]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let armed = curl("/arm", Some(r#"{"plan":"500x2;always:ok"}"#));
    assert_eq!(rules(&armed), ["500x2", "always:ok"]);
    assert_eq!(next_status(&listener), 500);
    let status = curl("/status", None);
    assert_eq!(
        status["armed"][0],
        json!({"rule": "500x2", "taken": 1, "of": 2})
    );
    assert_eq!(
        (&status["v"], &status["kind"]),
        (&1.into(), &"status".into())
    );
    assert_eq!(
        (&status["deliveries"], &status["acknowledged"]),
        (&1.into(), &0.into())
    );
    assert_eq!(curl("/disarm", Some("{}")), json!({"disarmed": 2}));
    assert_eq!(next_status(&listener), 200);
}

#[test]
fn a_call_that_makes_no_sense_gets_an_answer_that_does() {
    let home = Home::new();
    let _listener = home.listen(&["--fault", "always:ok"]);
    for (method, path, body, expected) in [
        ("POST", "/arm", "{", 400),
        ("POST", "/arm", "", 400),
        ("POST", "/arm", "[]", 400),
        ("POST", "/arm", r#"{"plans":"500"}"#, 400),
        ("POST", "/arm", r#"{"plan":"500","more":1}"#, 400),
        ("POST", "/arm", r#"{"plan":500}"#, 400),
        ("POST", "/arm", r#"{"plan":"50"}"#, 400),
        ("POST", "/arm", "\u{1b}[31m", 400),
        ("POST", "/release", r#"{"id":"1"}"#, 400),
        ("POST", "/release", r#"{"id":"1","answer":"2"}"#, 400),
        ("POST", "/release", r#"{"id":"1","answer":"200"}"#, 404),
        ("GET", "/arm", "", 405),
        ("POST", "/status", "{}", 405),
        ("DELETE", "/disarm", "", 405),
        ("GET", "/", "", 404),
        ("GET", "/etc/passwd", "", 404),
    ] {
        let (status, object) = call(&home, method, path, body);
        assert_eq!(status, expected, "{method} {path} {body}: {object}");
        assert!(object["error"].is_string(), "{object}");
        assert!(
            object.get("why").is_some() && object.get("fix").is_some(),
            "{object}"
        );
    }
    let (_, object) = call(&home, "POST", "/arm", r#"{"plan":"500,50"}"#);
    assert!(
        object["why"].as_str().unwrap().contains("at column 5"),
        "{object}"
    );
    assert!(object["fix"].as_str().unwrap().contains("500"), "{object}");
    assert_eq!(
        rules(&status(&home)),
        ["always:ok"],
        "nothing of it was armed"
    );
}

#[test]
fn a_call_that_never_ends_is_cut_off_and_hurts_nobody() {
    let home = Home::new();
    let _listener = home.listen::<&str>(&[]);
    let mut stream = UnixStream::connect(socket(&home)).unwrap();
    let head = "POST /arm HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let taken = (0..1000)
        .take_while(|_| stream.write_all(chunk.as_bytes()).is_ok())
        .count();
    assert!(taken < 100, "{taken} chunks were taken");
    assert_eq!(rules(&status(&home)), [] as [&str; 0]);
}

#[test]
fn it_never_listens_on_tcp() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    for path in ["/status", "/arm", "/disarm", "/release"] {
        let event = [("Sixtyfour-Event-Id", path)];
        let body = br#"{"plan":"always:500"}"#;
        let answer = post(&listener.address, path, &event, body);
        assert_eq!((answer.status, &*answer.text()), (200, r#"{"ok":true}"#));
        let delivery = listener.next("delivery");
        assert_eq!(
            (&delivery["path"], &delivery["answer"]["by"]),
            (&path.into(), &"default".into())
        );
    }
    let asked = raw(
        &listener.address,
        b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n",
    )
    .unwrap();
    assert_eq!(asked.text(), r#"{"ok":true}"#);
    assert_eq!(rules(&status(&home)), [] as [&str; 0]);
    assert_eq!(tcp_ports(listener.pid()), [port(&listener)]);
}

fn port(listener: &Listener) -> u16 {
    let (_, port) = listener.address.rsplit_once(':').unwrap();
    port.parse().unwrap()
}

/// The TCP ports that a process listens on, each once.
fn tcp_ports(pid: u32) -> Vec<u16> {
    let sockets: Vec<_> = fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| {
            let inode = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(inode.to_owned())
        })
        .collect();
    let tables = ["tcp", "tcp6"]
        .map(|table| fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default());
    let mut ports: Vec<_> = tables
        .iter()
        .flat_map(|table| table.lines())
        .filter_map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let is_listening = fields.get(3) == Some(&"0A");
            let is_ours = sockets.iter().any(|inode| fields.get(9) == Some(&&**inode));
            let port = fields.get(1)?.rsplit(':').next()?;
            (is_listening && is_ours).then(|| u16::from_str_radix(port, 16).ok())?
        })
        .collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

#[test]
fn what_is_armed_later_comes_first_and_replace_clears() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "501"]);
    home.run(&["arm", "502;503"]).expect(0);
    let armed = home
        .run(&["arm", "504", "--output", "json"])
        .expect(0)
        .stdout;
    let armed: Value = serde_json::from_str(&armed).unwrap();
    assert_eq!(rules(&armed), ["504", "502", "503", "501"]);
    let got: Vec<_> = (0..3).map(|_| next_status(&listener)).collect();
    assert_eq!(got, [504, 502, 503]);
    home.run(&["arm", "--replace", "505x2"]).expect(0);
    assert_eq!(rules(&status(&home)), ["505x2"]);
    assert_eq!([next_status(&listener), next_status(&listener)], [505; 2]);
    assert_eq!(next_status(&listener), 200);
    assert_eq!(rules(&status(&home)), [] as [&str; 0]);
}

#[test]
fn disarm_says_how_many_rules_it_took_out() {
    let home = Home::new();
    let listener = home.listen(&["--fault", "always:500;503"]);
    assert_eq!(home.run(&["disarm"]).expect(0).stdout, "disarmed 2 rules\n");
    assert_eq!(home.run(&["disarm"]).expect(0).stdout, "disarmed 0 rules\n");
    assert_eq!(next_status(&listener), 200);
}

#[test]
fn a_bad_plan_is_refused_with_the_place_and_the_fix() {
    let home = Home::new();
    let _listener = home.listen::<&str>(&[]);
    for (plan, why) in [
        ("500,50", "50 is not a status from 200 to 599 (at column 5)"),
        ("500xx", "at column 5"),
        ("delay(12)", "at column 7"),
        ("500@typ:x", "at column"),
        ("", "at column 1"),
    ] {
        let refused = home.run(&["arm", plan]).expect(2);
        assert!(refused.stderr.contains(why), "{plan}: {}", refused.stderr);
        assert!(
            refused.stderr.contains("\n  fix: "),
            "{plan}: {}",
            refused.stderr
        );
        home.run(&["listen", "--port", "0", "--fault", plan])
            .expect(2);
    }
    assert_eq!(rules(&status(&home)), [] as [&str; 0]);
}

#[test]
fn the_fix_of_a_bad_plan_is_for_the_command_that_was_typed() {
    let home = Home::new();
    let _listener = home.listen::<&str>(&[]);
    let refused = home.run(&["arm", "delay(12)"]).expect(2);
    assert!(
        refused.stderr.contains("fix: hook64 arm 'delay(12s)'"),
        "{}",
        refused.stderr
    );
    let refused = home.run(&["arm", "delay(12)@header:x='"]).expect(2);
    let fix = r"fix: hook64 arm 'delay(12s)@header:x='\'''";
    assert!(refused.stderr.contains(fix), "{}", refused.stderr);
    let refused = home.run(&["listen", "--fault", "delay(12)"]).expect(2);
    let fix = "fix: hook64 listen --fault 'delay(12s)'";
    assert!(refused.stderr.contains(fix), "{}", refused.stderr);
}

#[test]
fn without_a_listener_there_is_nobody_to_steer() {
    let home = Home::new();
    for arguments in [
        &["status"][..],
        &["arm", "500"],
        &["disarm"],
        &["hold"],
        &["release", "1", "200"],
    ] {
        let alone = home.run(arguments).expect(3);
        assert!(
            alone.stderr.contains("no listener to steer"),
            "{}",
            alone.stderr
        );
        assert!(alone.stderr.contains("fix: "), "{}", alone.stderr);
    }
    assert!(!home.store().exists(), "asking makes no store");
    home.run(&["status", "--store", ":memory:"]).expect(2);
}

#[test]
fn the_listener_is_found_through_its_store() {
    let home = Home::new();
    let [one, other] = ["one.db", "other.db"].map(|name| home.path(name));
    let [one, other] = [&one, &other].map(|path| path.to_str().unwrap());
    let first = home.listen(&["--store", one]);
    let second = home.listen(&["--store", other]);
    home.run(&["arm", "500", "--store", other]).expect(0);
    assert_eq!((next_status(&first), next_status(&second)), (200, 500));
}

#[test]
fn the_seed_of_what_is_left_to_chance_is_said() {
    let home = Home::new();
    let listener = home.listen(&["--output", "text", "--fault", "30%:500", "--seed", "7"]);
    let status = home.run(&["status"]).expect(0).stdout;
    assert!(status.contains("Seed       7\n"), "{status}");
    let said = listener.stop().expect(0).stderr;
    assert!(said.contains("Armed      30%:500   seed 7\n"), "{said}");
}
