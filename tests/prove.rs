//! `hook64 prove` tells a handler that is right from one that is not.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::rig::target::{Seen, Target};
use super::rig::{Home, send_signal};

#[test]
fn a_handler_that_verifies_and_dedupes_holds() {
    let home = Home::new();
    let secret = home.secret_file();
    let secret = secret.to_str().unwrap();
    // The listener does what its documentation asks of a handler.
    let listener = home.listen(&["--secret-file", secret]);
    let target = format!("http://{}/hook", listener.address);
    let junit = home.path("junit.xml");
    let proved = home
        .run(&[
            "prove",
            "--to",
            &target,
            "--secret-file",
            secret,
            "--junit",
            junit.to_str().unwrap(),
        ])
        .expect(0);
    assert!(
        proved.stdout.contains("ok    twenty-at-once"),
        "{}",
        proved.stdout
    );
    assert!(
        proved.stdout.contains(" 0 failed, 0 skipped"),
        "{}",
        proved.stdout
    );
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(junit.contains("failures=\"0\""), "{junit}");
    assert!(junit.contains("name=\"tampered\""), "{junit}");
}

#[test]
fn a_handler_of_elan_is_proved_by_signed_events_of_elan_alone() {
    let home = Home::new();
    let secret = home.file("elan", "elan secret");
    let secret = secret.to_str().unwrap();
    let listener = home.listen(&["--elan-secret-file", secret]);
    let target = format!("http://{}/elan", listener.address);
    let arguments = ["prove", "--to", &target, "--elan-secret-file", secret];
    let proved = home.run(&arguments).expect(0);
    for case in ["elan-once", "elan-twenty-at-once", "elan-tampered"] {
        let row = format!("ok    {case}");
        assert!(proved.stdout.contains(&row), "{}", proved.stdout);
    }
    assert!(!proved.stdout.contains("rotation"), "{}", proved.stdout);
    assert!(!proved.stderr.contains("skipped"), "{}", proved.stderr);

    let believer = Target::taking();
    let target = believer.url("/elan");
    let arguments = ["prove", "--to", &target, "--elan-secret-file", secret];
    let proved = home.run(&arguments).expect(5);
    assert!(
        proved.stdout.contains("FAIL  elan-unsigned"),
        "{}",
        proved.stdout
    );
    let seen = believer.seen();
    assert!(seen[0].header("X-Webhook-Signature").is_some());
    assert!(seen[0].json()["event_type"] == "workflow.completed");
}

#[test]
fn the_secret_files_that_are_named_say_whose_cases_are_tried() {
    let home = Home::new();
    let (sixtyfour, elan) = (home.secret_file(), home.file("elan", "elan secret"));
    let flags = |which: &[(&str, &std::path::Path)]| -> Vec<String> {
        let flag = |(flag, file): &(&str, &std::path::Path)| {
            [(*flag).to_owned(), file.display().to_string()]
        };
        which.iter().flat_map(flag).collect()
    };
    let sixtyfour = ("--secret-file", sixtyfour.as_path());
    let elan = ("--elan-secret-file", elan.as_path());
    for (given, in_environment, expected) in [
        (flags(&[sixtyfour]), true, (21, 0)),
        (flags(&[elan]), true, (0, 12)),
        (flags(&[sixtyfour, elan]), false, (21, 12)),
        (flags(&[]), true, (21, 0)),
        (flags(&[]), false, (21, 0)),
    ] {
        let app = Target::taking();
        let mut arguments = vec!["prove".to_owned(), "--to".to_owned(), app.url("/")];
        arguments.extend(["--output".to_owned(), "json".to_owned()]);
        arguments.extend(given);
        let mut command = home.command(&arguments);
        if in_environment {
            command.env("SIXTYFOUR_WEBHOOK_SECRET", super::rig::SECRET);
            command.env("ELAN_WEBHOOK_SECRET", "elan secret");
        }
        let output = command.output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let of = |scheme: &str| {
            let cases = report["cases"].as_array().unwrap().iter();
            cases.filter(|case| case["scheme"] == scheme).count()
        };
        assert_eq!((of("sixtyfour-v1"), of("elan")), expected, "{arguments:?}");
    }
}

#[test]
fn a_handler_that_believes_everybody_does_not() {
    let home = Home::new();
    let app = Target::taking();
    let secret = home.secret_file();
    let target = app.url("/");
    let junit = home.path("junit.xml");
    let arguments = [
        "prove",
        "--to",
        &target,
        "--secret-file",
        secret.to_str().unwrap(),
        "--output",
        "json",
        "--junit",
        junit.to_str().unwrap(),
    ];
    let report = home.run(&arguments).expect(5).json_lines().remove(0);
    assert_eq!(
        (&report["kind"], &report["holds"]),
        (&"proof".into(), &false.into())
    );
    let cases = report["cases"].as_array().unwrap();
    let result = |name: &str| {
        let case = cases.iter().find(|case| case["name"] == name).unwrap();
        case["result"].as_str().unwrap().to_owned()
    };
    assert_eq!(result("twice"), "ok");
    for case in ["unsigned", "wrongly-signed", "stale", "tampered"] {
        assert_eq!(result(case), "fail", "{case}");
    }
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(junit.contains("<failure message="), "{junit}");
}

#[test]
fn without_a_secret_the_cases_about_signatures_are_skipped_and_that_is_said() {
    let home = Home::new();
    let app = Target::taking();
    let proved = home.run(&["prove", "--to", &app.url("/")]).expect(5);
    assert!(
        proved
            .stdout
            .ends_with("13 ok, 0 failed, 8 skipped: what was skipped is not proved\n"),
        "{}",
        proved.stdout
    );
    assert!(
        proved.stdout.contains("skip  unsigned"),
        "{}",
        proved.stdout
    );
    assert!(
        proved
            .stderr
            .contains("warning: the cases about signatures are skipped"),
        "{}",
        proved.stderr
    );
}

#[test]
fn a_run_for_programs_tells_its_seed_and_warns_with_an_object() {
    let home = Home::new();
    let tasks = |app: &Target| -> BTreeSet<String> {
        let seen = app.seen().into_iter();
        seen.map(|seen| seen.json()["task_id"].to_string())
            .collect()
    };
    let app = Target::taking();
    let arguments = ["prove", "--to", &app.url("/"), "--output", "json"];
    let proved = home.run(&arguments).expect(5);
    let report = proved.json_lines().remove(0);
    assert_eq!(report["holds"], false);
    assert_eq!(
        (&report["failed"], &report["skipped"]),
        (&0.into(), &8.into())
    );
    let warning: serde_json::Value = serde_json::from_str(&proved.stderr).unwrap();
    assert_eq!(
        (&warning["kind"], &warning["code"], &warning["exit"]),
        (&"warning".into(), &"no_secret".into(), &5.into())
    );

    let again = Target::taking();
    let (target, seed) = (again.url("/"), report["seed"].to_string());
    let arguments = [
        "prove", "--to", &target, "--output", "json", "--seed", &seed,
    ];
    home.run(&arguments).expect(5);
    assert_eq!(tasks(&again), tasks(&app));
}

#[test]
fn a_handler_that_is_not_there_is_no_verdict() {
    let home = Home::new();
    let proved = home
        .run(&["prove", "--to", "http://127.0.0.1:1/"])
        .expect(4);
    assert_eq!(proved.stdout, "");
    assert!(
        proved.stderr.contains("nothing is listening"),
        "{}",
        proved.stderr
    );
}

#[test]
fn quiet_leaves_out_what_is_said_beside_the_result_and_keeps_the_result() {
    let home = Home::new();
    let app = Target::taking();
    let secret = home.secret_file();
    let target = app.url("/");
    let arguments = ["prove", "--to", &target, "--secret-file"];
    let arguments = [&arguments[..], &[secret.to_str().unwrap()]].concat();
    let told = home.run(&arguments).expect(5);
    assert!(told.stderr.contains("Proving "), "{}", told.stderr);
    assert!(told.stderr.contains("trailing newline"), "{}", told.stderr);
    let quiet = home.run(&[&arguments[..], &["-q"]].concat()).expect(5);
    assert_eq!(quiet.stderr, "");
    assert_eq!(quiet.stdout, told.stdout);
    assert!(quiet.stdout.contains("FAIL  unsigned"), "{}", quiet.stdout);
    let last = quiet.stdout.lines().last();
    assert_eq!(last, Some("16 ok, 5 failed, 0 skipped"));
}

#[test]
fn notes_are_objects_where_the_result_is_one() {
    let home = Home::new();
    let app = Target::taking();
    let secret = home.secret_file();
    let target = app.url("/");
    let arguments = [
        "prove",
        "--to",
        &target,
        "--output",
        "json",
        "--secret-file",
    ];
    let proved = home.run(&[&arguments[..], &[secret.to_str().unwrap()]].concat());
    let note: serde_json::Value = serde_json::from_str(&proved.expect(5).stderr).unwrap();
    assert_eq!(note["kind"], "note");
    let what = note["what"].as_str().unwrap();
    assert!(what.contains("trailing newline"), "{what}");
}

/// A handler that takes everything and notes a line for each effect; `does` is told whether the
/// event is new.
fn noting(home: &Home, does: fn(bool) -> bool) -> Target {
    let notes = home.file("effects", "");
    let seen_ids = Mutex::new(BTreeSet::new());
    let note = move |seen: &Seen| {
        let id = seen.header("Sixtyfour-Event-Id").unwrap().to_owned();
        // Held while it writes: a duplicate is told from the first one.
        let mut seen_ids = seen_ids.lock().unwrap();
        if does(seen_ids.insert(id)) {
            let mut notes = OpenOptions::new().append(true).open(&notes).unwrap();
            notes.write_all(b"done\n").unwrap();
        }
    };
    Target::new(move |_, seen| {
        note(seen);
        (200, String::new())
    })
}

#[test]
fn what_is_done_twice_is_seen_by_a_command_that_counts_effects() {
    let home = Home::new();
    let app = noting(&home, |is_new| is_new);
    let target = app.url("/");
    let arguments = ["prove", "--to", &target, "--effects", "wc -l < effects"];
    let proved = home.run(&arguments).expect(5);
    let row = "ok    twenty-at-once         wants 2xx  20 x 200, 1 effect\n";
    assert!(proved.stdout.contains(row), "{}", proved.stdout);
    assert!(!proved.stdout.contains("note:"), "{}", proved.stdout);
    assert!(
        proved.stdout.contains("13 ok, 0 failed"),
        "{}",
        proved.stdout
    );

    let app = noting(&home, |_| true);
    let target = app.url("/");
    let arguments = [
        "prove",
        "--to",
        &target,
        "--effects",
        "wc -l < effects",
        "--output",
        "json",
    ];
    let report = home.run(&arguments).expect(5).json_lines().remove(0);
    assert_eq!(report["effects_counted"], true);
    let cases = report["cases"].as_array().unwrap();
    let twice = cases.iter().find(|case| case["name"] == "twice").unwrap();
    assert_eq!(twice["result"], "fail");
    assert_eq!(twice["effects"], 2);
    assert_eq!(twice["why"], "2 effects for 1 event");
    assert!(twice["fix"].as_str().unwrap().contains("unique key"));
}

#[test]
fn without_it_the_report_says_what_answers_do_not_show() {
    let home = Home::new();
    let app = Target::taking();
    let proved = home.run(&["prove", "--to", &app.url("/")]).expect(5);
    assert!(
        proved.stdout.contains("note: only answers were judged"),
        "{}",
        proved.stdout
    );
    assert!(proved.stdout.contains("--effects"), "{}", proved.stdout);
}

#[test]
fn a_command_that_does_not_count_is_an_error_before_anything_is_delivered() {
    let home = Home::new();
    let app = Target::taking();
    for (command, why) in [
        ("cat nothing-there", "nothing-there"),
        ("echo many", "it printed \"many\", which is no count"),
        ("true", "it printed nothing"),
    ] {
        let target = app.url("/");
        let arguments = ["prove", "--to", &target, "--effects", command];
        let proved = home.run(&arguments).expect(2);
        assert!(proved.stderr.contains(why), "{}", proved.stderr);
        assert!(proved.stderr.contains("  fix: "), "{}", proved.stderr);
    }
    assert_eq!(app.seen().len(), 0);
}

#[test]
fn a_command_that_is_counting_ends_with_what_it_counts_for() {
    let home = Home::new();
    let fifo = home.path("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    for signal in ["INT", "TERM"] {
        let command = format!("exec 3> '{}'; echo begun >&3; sleep 60", fifo.display());
        let arguments = [
            "prove",
            "--to",
            "http://127.0.0.1:1/",
            "--effects",
            &command,
        ];
        let started = Instant::now();
        let mut proving = home
            .command(&arguments)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It reads to its end when nobody has the other side open any more.
        let mut held = BufReader::new(File::open(&fifo).unwrap());
        held.read_line(&mut String::new()).unwrap();
        send_signal(proving.id(), signal);
        held.read_to_string(&mut String::new()).unwrap();
        assert!(!proving.wait().unwrap().success());
        assert!(
            started.elapsed() < Duration::from_secs(8),
            "it came to its limit"
        );
    }
}

#[test]
fn a_failure_shows_the_answer_and_what_to_do_in_the_table_and_in_junit() {
    let home = Home::new();
    let app = Target::new(|number, _| match number {
        0 => (200, String::new()),
        _ => (500, "\u{1b}[31m<boom>\nat line 3".to_owned()),
    });
    let target = app.url("/");
    let junit = home.path("junit.xml");
    let junit_path = junit.to_str().unwrap();
    let arguments = ["prove", "--to", &target, "--junit", junit_path];
    let proved = home.run(&arguments).expect(5);
    let failure = "      it was answered 500: the provider would send it again\n      \
                   answer: \\u{1b}[31m<boom>\\nat line 3\n      fix: answer 2xx to an event of a failure";
    assert!(proved.stdout.contains(failure), "{}", proved.stdout);
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(
        junit.contains("fix: answer 2xx to an event of a failure"),
        "{junit}"
    );
}
