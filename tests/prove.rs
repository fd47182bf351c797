//! `hook64 prove` tells a handler that is right from one that is not.

use std::collections::BTreeSet;

use super::rig::Home;
use super::rig::target::Target;

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
        (flags(&[sixtyfour]), true, (19, 0)),
        (flags(&[elan]), true, (0, 10)),
        (flags(&[sixtyfour, elan]), false, (19, 10)),
        (flags(&[]), true, (19, 0)),
        (flags(&[]), false, (19, 0)),
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
            .ends_with("11 ok, 0 failed, 8 skipped: what was skipped is not proved\n"),
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
    assert_eq!(last, Some("14 ok, 5 failed, 0 skipped"));
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
