//! `hook64 send` is the provider: what it delivers, how it tries again, what it says of it.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::rig::target::Target;
use super::rig::{Finished, Home, Listener};

mod stopping;

/// Sends to a listener that has the secret.
fn send(home: &Home, listener: &Listener, arguments: &[&str]) -> Finished {
    let secret = home.secret_file();
    let target = format!("http://{}/hook", listener.address);
    let mut all = vec!["send", "--to", &target, "--secret-file"];
    all.push(secret.to_str().unwrap());
    all.extend(arguments);
    home.run(&all)
}

fn listener(home: &Home) -> Listener {
    let secret = home.secret_file();
    let elan = home.file("elan", "made-up-elan-secret\n");
    home.listen(&[
        "--secret-file",
        secret.to_str().unwrap(),
        "--elan-secret-file",
        elan.to_str().unwrap(),
    ])
}

/// Sends to an app, with the gaps played a thousand times faster.
fn send_to(home: &Home, app: &Target, arguments: &[&str]) -> Finished {
    let target = app.url("/hook");
    let mut all = vec!["send", "--to", &target, "--speed", "1000x"];
    all.extend(arguments);
    home.run(&all)
}

#[test]
fn every_sample_arrives_recognised_and_rightly_signed() {
    let home = Home::new();
    let listener = listener(&home);
    let elan = home.path("elan");
    let samples = home.run(&["send", "--list", "--output", "json"]).expect(0);
    let samples = samples.json_lines();
    assert!(samples.len() > 20, "{samples:?}");
    for sample in samples {
        let name = sample["name"].as_str().unwrap();
        let mut forms = vec![vec![name]];
        if sample["failed"] == true {
            forms.push(vec![name, "--failed"]);
        }
        for form in forms {
            let elan = ["--elan-secret-file", elan.to_str().unwrap()];
            send(&home, &listener, &[&form[..], &elan].concat()).expect(0);
            let delivery = listener.next("delivery");
            assert_eq!(delivery["signature"]["verdict"], "valid", "{form:?}");
            assert_eq!(delivery["sighting"], "first", "{form:?}");
            if form.len() == 1 {
                assert_eq!(delivery["type"], sample["type"], "{form:?}");
            } else {
                assert!(delivery["body"].to_string().contains("failed"), "{form:?}");
            }
        }
    }
}

#[test]
fn what_is_not_taken_is_tried_again_with_its_own_number_and_signature() {
    let home = Home::new();
    let app = Target::new(|number, _| (if number < 2 { 500 } else { 200 }, "hi".to_owned()));
    let secret = home.secret_file();
    let arguments = [
        "outgoing_webhook.completed",
        "--secret-file",
        secret.to_str().unwrap(),
        "--output",
        "json",
    ];
    let sent = send_to(&home, &app, &arguments).expect(0);
    let seen = app.seen();
    assert_eq!(seen.len(), 3);
    for (number, request) in (1..).zip(&seen) {
        let number: u64 = number;
        assert_eq!(
            request.header("Sixtyfour-Delivery-Attempt"),
            Some(&*number.to_string())
        );
        assert_eq!(request.json()["attempt"], number);
        assert_eq!(
            request.header("Sixtyfour-Event-Id"),
            seen[0].header("Sixtyfour-Event-Id")
        );
    }
    assert_ne!(
        seen[0].header("Sixtyfour-Signature"),
        seen[1].header("Sixtyfour-Signature")
    );
    let lines = sent.json_lines();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["status"].as_u64(), line["then"].as_str()))
        .collect();
    assert_eq!(told[0], (Some(500), Some("retry")));
    assert_eq!(told[2], (Some(200), Some("delivered")));
    assert_eq!(lines[0]["retry_in_ms"], 1.0);
    assert_eq!(lines[0]["answer"], "hi");
    assert_eq!(lines[3]["kind"], "sent");
    assert_eq!(lines[3]["delivered"], 1);
    assert_eq!(lines[3]["statuses"]["500"], 2);
}

#[test]
fn every_object_says_whether_what_was_sent_is_signed() {
    let home = Home::new();
    let secret = home.secret_file();
    let secret = secret.to_str().unwrap();
    for (how, is_signed) in [
        (&[][..], false),
        (&["--unsigned", "--secret-file", secret], false),
        (&["--secret-file", secret], true),
        (&["--wrong-secret"], true),
    ] {
        let app = Target::taking();
        let arguments = [&["find_email", "--output", "json"], how].concat();
        let lines = send_to(&home, &app, &arguments).expect(0).json_lines();
        assert_eq!(lines.len(), 2, "{how:?}");
        for line in lines {
            assert_eq!(line["signed"], is_signed, "{how:?}: {line}");
        }
        let header = app.only();
        let header = header.header("Sixtyfour-Signature");
        assert_eq!(header.is_some(), is_signed, "{how:?}");
    }
}

#[test]
fn a_sender_gives_up_after_six_attempts_or_as_many_as_are_asked_for() {
    let home = Home::new();
    let app = Target::new(|_, _| (503, "\u{1b}[31mno".to_owned()));
    let sent = send_to(&home, &app, &["find_email"]).expect(5);
    assert_eq!(app.seen().len(), 6);
    assert_eq!(sent.stdout.lines().count(), 6);
    assert!(sent.stdout.contains("status=503"), "{}", sent.stdout);
    assert!(sent.stdout.contains("then=undelivered"), "{}", sent.stdout);
    assert!(!sent.stdout.contains('\u{1b}'), "{}", sent.stdout);
    assert!(sent.stderr.contains("1 undelivered"), "{}", sent.stderr);
    assert!(
        sent.stderr.contains("no secret was given"),
        "{}",
        sent.stderr
    );

    let quick = ["find_email", "--retries", "1", "--gaps", "1ms"];
    send_to(&home, &app, &quick).expect(5);
    assert_eq!(app.seen().len(), 8);
    // ELAN documents no retries.
    let elan = send_to(&home, &app, &["workflow.started"]).expect(5);
    assert_eq!(app.seen().len(), 9);
    assert!(
        elan.stderr.contains("sign with --elan-secret-file"),
        "{}",
        elan.stderr
    );
    // The last gap repeats.
    send_to(&home, &app, &["find_email", "--gaps", "2ms,1ms"]).expect(5);
    assert_eq!(app.seen().len(), 15);
}

#[test]
fn quiet_leaves_the_objects_that_were_asked_for() {
    let home = Home::new();
    let app = Target::taking();
    let quiet = ["find_email", "-q", "--output", "json"];
    let sent = send_to(&home, &app, &quiet).expect(0);
    let kinds: Vec<_> = sent
        .json_lines()
        .iter()
        .map(|o| o["kind"].clone())
        .collect();
    assert_eq!(kinds, ["attempt", "sent"]);
    assert_eq!(sent.stderr, "");
    let silent = send_to(&home, &app, &["find_email", "-q"]).expect(0);
    assert_eq!((&*silent.stdout, &*silent.stderr), ("", ""));
}

#[test]
fn a_target_that_is_never_reached_is_another_exit_code() {
    let home = Home::new();
    let sent = home
        .run(&[
            "send",
            "find_email",
            "--to",
            "http://127.0.0.1:1/hook",
            "--retries",
            "1",
            "--gaps",
            "1ms",
        ])
        .expect(4);
    assert!(
        sent.stderr.contains("error: could not deliver find_email")
            && sent.stderr.contains("nothing is listening on 127.0.0.1:1"),
        "{}",
        sent.stderr
    );
}

#[test]
fn a_redirect_is_not_followed() {
    let home = Home::new();
    let app = Target::new(|_, _| (302, String::new()));
    send_to(&home, &app, &["find_email", "--retries", "0"]).expect(5);
    assert_eq!(app.seen().len(), 1);
}

#[test]
fn misbehaviour_is_found_out_by_the_listener_for_what_it_is() {
    let home = Home::new();
    let listener = listener(&home);
    for (misbehaviour, reason) in [
        ("--unsigned", "missing_header"),
        ("--wrong-secret", "signature_mismatch"),
        ("--tamper", "signature_mismatch"),
        ("--skew=-600s", "timestamp_too_old"),
        ("--skew=+10m", "timestamp_in_future"),
    ] {
        send(
            &home,
            &listener,
            &["find_phone", "--retries", "0", misbehaviour],
        )
        .expect(5);
        let delivery = listener.next("delivery");
        assert_eq!(delivery["signature"]["reason"], reason, "{misbehaviour}");
    }
    send(&home, &listener, &["find_phone", "--drop-headers"]).expect(0);
    let delivery = listener.next("delivery");
    assert_eq!(delivery["event_id_from"], "task");
    assert_eq!(delivery["signature"]["verdict"], "valid");
}

#[test]
fn two_secrets_sign_twice_in_their_order() {
    let home = Home::new();
    let app = Target::taking();
    let new = home.secret_file();
    let old = home.file("old", &format!("sk_whsec_{}\n", "ab".repeat(32)));
    let arguments = [
        "find_email",
        "--secret-file",
        new.to_str().unwrap(),
        "--secret-file",
        old.to_str().unwrap(),
    ];
    send_to(&home, &app, &arguments).expect(0);
    let request = app.only();
    let signature = request.header("Sixtyfour-Signature").unwrap();
    assert_eq!(signature.matches("v1=").count(), 2, "{signature}");
    let body = home.path("body");
    std::fs::write(&body, &request.body).unwrap();
    for (secret, index) in [(&new, 0), (&old, 1)] {
        let verified = home
            .run(&[
                "verify",
                "--secret-file",
                secret.to_str().unwrap(),
                "--header",
                &format!("Sixtyfour-Signature: {signature}"),
                "--body",
                body.to_str().unwrap(),
                "--output",
                "json",
            ])
            .expect(0);
        assert_eq!(verified.json_lines()[0]["matched_v1_index"], index);
    }
}

#[test]
fn a_seed_makes_the_same_event_again_and_none_makes_another() {
    let home = Home::new();
    let app = Target::taking();
    for seed in [&["--seed", "7"][..], &["--seed", "7"], &[]] {
        send_to(&home, &app, &[&["find_phone"], seed].concat()).expect(0);
    }
    let seen = app.seen();
    assert_eq!(seen[0].body, seen[1].body);
    assert_ne!(seen[0].body, seen[2].body);
    let id = |index: usize| seen[index].header("Sixtyfour-Event-Id").unwrap();
    assert_eq!(id(0), id(1));
    assert_ne!(id(0), id(2));
}

#[test]
fn what_is_sent_can_be_changed() {
    let home = Home::new();
    let app = Target::taking();
    let arguments = [
        "outgoing_webhook.completed",
        "--event-id",
        "e-1",
        "--set",
        ".row_count=0",
        "--set",
        ".results=[]",
        "--header",
        "X-Env: dev",
        "--header",
        "user-agent: nobody",
    ];
    send_to(&home, &app, &arguments).expect(0);
    let request = app.only();
    let body = request.json();
    assert_eq!(
        (&body["row_count"], &body["event_id"]),
        (&0.into(), &"e-1".into())
    );
    assert_eq!(body["results"], Value::Array(Vec::new()));
    assert_eq!(request.header("Sixtyfour-Event-Id"), Some("e-1"));
    assert_eq!(request.header("X-Env"), Some("dev"));
    assert_eq!(request.header("User-Agent"), Some("nobody"));

    let wrong = send_to(&home, &app, &["find_email", "--set", ".a.b=1"]).expect(2);
    assert!(
        wrong.stderr.contains("\"a\" is not there"),
        "{}",
        wrong.stderr
    );
    assert_eq!(app.seen().len(), 1);
}

#[test]
fn a_body_of_ones_own_is_sent_byte_for_byte_as_what_it_looks_like() {
    let home = Home::new();
    let app = Target::taking();
    let body =
        "{ \"task_id\":\"t\", \"status\":\"completed\",\n\"task_type\":\"mine\" ,\"n\":1.10}\n";
    let file = home.file("body.json", body);
    let file = file.to_str().unwrap();
    send_to(&home, &app, &["--body", file]).expect(0);
    send_to(&home, &app, &["--body", file, "find_email"]).expect(0);
    let seen = app.seen();
    assert_eq!(seen[0].body, body.as_bytes());
    assert_eq!(seen[0].header("Sixtyfour-Event-Type"), Some("mine"));
    assert_eq!(seen[1].header("Sixtyfour-Event-Type"), Some("find_email"));
}

#[test]
fn the_sample_that_is_named_says_whose_event_a_body_is() {
    let home = Home::new();
    let app = Target::taking();
    let (body, elan) = (home.file("p.json", r#"{"hello":1}"#), home.file("es", "es"));
    let [body, elan] = [&body, &elan].map(|path| path.to_str().unwrap());
    let event = ["workflow.failed", "--body", body];
    let sent = send_to(
        &home,
        &app,
        &[&event[..], &["--elan-secret-file", elan]].concat(),
    );
    let sent = sent.expect(0);
    assert!(sent.stderr.contains("signed with key"), "{}", sent.stderr);
    let request = app.only();
    assert!(request.header("X-Webhook-Signature").is_some());
    assert_eq!(request.header("Sixtyfour-Event-Type"), None);
    assert_eq!(request.header("Sixtyfour-Event-Id"), None);
    assert_eq!(request.body, br#"{"hello":1}"#);

    let nobody = ["--retries", "0", "--timeout", "1s"];
    let usual = home.run(&[&["send"], &event[..], &nobody].concat());
    assert!(
        usual
            .stderr
            .contains(" to http://127.0.0.1:6464/webhooks/elan"),
        "{}",
        usual.stderr
    );
    // Another provider may still be meant.
    send_to(
        &home,
        &app,
        &[&event[..], &["--provider", "sixtyfour"]].concat(),
    )
    .expect(0);
    let seen = app.seen();
    assert_eq!(
        seen[1].header("Sixtyfour-Event-Type"),
        Some("workflow.failed")
    );
}

#[test]
fn a_second_secret_of_elan_signs_nothing_and_that_is_said() {
    let home = Home::new();
    let app = Target::taking();
    let secrets = [
        home.file("one", "secret-one"),
        home.file("two", "secret-two"),
    ];
    let [one, two] = secrets.each_ref().map(|path| path.to_str().unwrap());
    let arguments = ["workflow.started", "--elan-secret-file", one];
    let arguments = [&arguments[..], &["--elan-secret-file", two]].concat();
    let sent = send_to(&home, &app, &arguments).expect(0);
    assert!(sent.stderr.contains("signed with key …"), "{}", sent.stderr);
    assert!(
        sent.stderr
            .contains("note: ELAN's header has one signature: it is made with the first secret\n"),
        "{}",
        sent.stderr
    );
    let request = app.only();
    let signature = request.header("X-Webhook-Signature").unwrap();
    let body = home.path("body");
    std::fs::write(&body, &request.body).unwrap();
    let header = format!("X-Webhook-Signature: {signature}");
    let verify = ["verify", "--header", &header, "--body"];
    let verify = [&verify[..], &[body.to_str().unwrap()]].concat();
    home.run(&[&verify[..], &["--elan-secret-file", one]].concat())
        .expect(0);
}

#[test]
fn events_of_neighbouring_seeds_are_different() {
    let home = Home::new();
    let ids = |seed: &str, count: &str| -> Vec<String> {
        let app = Target::taking();
        send_to(
            &home,
            &app,
            &["find_email", "--seed", seed, "--count", count],
        )
        .expect(0);
        let id =
            |seen: &super::rig::target::Seen| seen.header("Sixtyfour-Event-Id").unwrap().to_owned();
        app.seen().iter().map(id).collect()
    };
    let (one, two) = (ids("1", "3"), ids("2", "3"));
    assert_eq!(one, ids("1", "3"));
    assert_eq!(one[..1], ids("1", "1"));
    assert!(one.iter().all(|id| !two.contains(id)), "{one:?} {two:?}");
}

#[test]
fn a_change_that_a_later_event_does_not_allow_ends_it_there() {
    let home = Home::new();
    let app = Target::taking();
    // The first event of this seed has seven results, the second four.
    let arguments = [
        "find_email_bulk",
        "--seed",
        "1",
        "--count",
        "9",
        "--set",
        ".result[6].name=null",
    ];
    let ended = send_to(&home, &app, &arguments).expect(2);
    assert_eq!(app.only().json()["result"].as_array().unwrap().len(), 7);
    assert!(
        ended
            .stderr
            .contains("9 events: 1 delivered, 8 not finished")
            && ended.stderr.contains("why: event 2: cannot set"),
        "{}",
        ended.stderr
    );
}

#[test]
fn copies_of_one_event_are_one_event_to_the_listener() {
    let home = Home::new();
    let listener = listener(&home);
    send(&home, &listener, &["find_email", "--concurrent", "8"]).expect(0);
    let mut sightings: Vec<_> = (0..8)
        .map(|_| {
            listener.next("delivery")["sighting"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    sightings.sort();
    assert_eq!(sightings[7], "first");
    assert!(
        sightings[..7]
            .iter()
            .all(|sighting| sighting == "duplicate")
    );

    let app = Target::taking();
    send_to(&home, &app, &["find_email", "--duplicate", "2"]).expect(0);
    send_to(&home, &app, &["find_email", "--out-of-order"]).expect(0);
    let attempts: Vec<_> = app
        .seen()
        .iter()
        .map(|request| {
            request
                .header("Sixtyfour-Delivery-Attempt")
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(attempts, ["1", "2", "3", "2", "1"]);
}

#[test]
fn many_events_are_all_different_and_summed_up() {
    let home = Home::new();
    let app = Target::taking();
    let load = [
        "find_email",
        "--count",
        "50",
        "--concurrency",
        "8",
        "--output",
        "json",
    ];
    let sent = send_to(&home, &app, &load).expect(0);
    let ids: std::collections::HashSet<_> = app
        .seen()
        .iter()
        .map(|request| request.header("Sixtyfour-Event-Id").unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 50);
    let lines = sent.json_lines();
    let summary = lines.last().unwrap();
    assert_eq!(summary["delivered"], 50);
    assert_eq!(summary["statuses"]["200"], 50);
    assert!(summary["p95_ms"].as_f64() >= summary["p50_ms"].as_f64());

    let started = Instant::now();
    let paced = ["find_email", "--count", "3", "--rate", "1/s"];
    let sent = send_to(&home, &app, &paced).expect(0);
    // From the start: a busy machine may read the first late, and nothing early.
    let spread = app.seen()[52].at - started;
    assert!(spread >= Duration::from_secs(2), "{spread:?}");
    assert!(sent.stderr.contains("3 delivered"), "{}", sent.stderr);
    assert!(sent.stderr.contains("p95"), "{}", sent.stderr);
}

#[test]
fn what_cannot_be_sent_says_why_and_what_to_do() {
    let home = Home::new();
    for (arguments, expected) in [
        (&["send"][..], "there is nothing to send"),
        (&["send", "find_mail"], "did you mean find_email?"),
        (
            &["send", "workflow.started", "--failed"],
            "has no failed form",
        ),
        (
            &["send", "find_email", "--skew=-5s"],
            "--skew needs a secret\n  why: only a signature says when it was made",
        ),
        (
            &["send", "workflow.started", "--skew=-5s"],
            "ELAN's signature does not say when it was made",
        ),
        (
            &["send", "workflow.started", "--wrong-secret", "--skew=-5s"],
            "ELAN's signature does not say when it was made",
        ),
        (
            &["send", "find_email", "--event-id", ""],
            "--event-id needs a value",
        ),
        (
            &["send", "find_email", "--event-id", " "],
            "an event's id cannot be empty",
        ),
        (&["send", "find_email", "--rate", "0/s"], "not a rate"),
        (
            &["send", "find_email", "--to", "localhost"],
            "begins with http://",
        ),
        (&["send", "find_email", "--timeout", "0"], "in no time"),
        (
            &["send", "find_email", "--header", "Content-Length: 5"],
            "length of the body",
        ),
        (
            &["send", "find_email", "--duplicate", "2", "--retries", "1"],
            "cannot be used with",
        ),
    ] {
        let refused = home.run(arguments).expect(2);
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    }
}

#[test]
fn a_certificate_is_checked_unless_that_is_asked_for_loudly() {
    let home = Home::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/net/client/testdata");
    let app = Target::with_tls(&data.join("localhost.pem"), &data.join("localhost.key"));
    let target = format!("https://localhost:{}/hook", app.port());
    let run = |more: &[&str]| {
        let common = ["send", "find_email", "--to", &target, "--retries", "0"];
        home.run(&[&common[..], more].concat())
    };
    let refused = run(&[]).expect(4);
    let told = "  why: TLS failed: its certificate is not trusted: it was issued by none of the \
                authorities that are\n  fix: name that certificate, or the one of the authority \
                that issued it: --cacert FILE\n";
    assert!(refused.stderr.ends_with(told), "{}", refused.stderr);
    assert!(app.seen().is_empty());
    let authority = data.join("authority.pem");
    run(&["--cacert", authority.to_str().unwrap()]).expect(0);
    let loud = run(&["--insecure"]).expect(0);
    assert!(
        loud.stderr
            .contains("warning: the certificate of localhost is not checked"),
        "{}",
        loud.stderr
    );
    assert_eq!(app.seen().len(), 2);
    let wrong = run(&["--cacert", home.secret_file().to_str().unwrap()]).expect(2);
    assert!(
        wrong.stderr.contains("no certificate in it"),
        "{}",
        wrong.stderr
    );
}
