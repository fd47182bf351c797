//! `hook64 prove` tells a handler that is right from one that is not.

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
    let proved = home.run(&["prove", "--to", &app.url("/")]).expect(0);
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
