//! What is kept of a replay that was not the capture itself.

use serde_json::Value;

use super::{capture, kept, replay};
use crate::rig::http::post;
use crate::rig::target::Target;
use crate::rig::{Home, SECRET};

/// Header lines as a program reads them.
fn lines(sent: &Value) -> Vec<(String, String)> {
    serde_json::from_value(sent["headers"].clone()).unwrap()
}

#[test]
fn what_a_changed_replay_really_sent_is_kept_beside_it() {
    let home = Home::new();
    let target = Target::taking();
    let secret = home.secret_file();
    let listener = home.listen::<&str>(&[]);
    capture(&listener, "e-1");
    let url = target.url("/hook");
    let changed = [
        &["replay", "1", "--to", &url][..],
        &["--secret-file", secret.to_str().unwrap()],
        &["--set", ".result.n=2.50", "--event-id", "e-2"],
    ]
    .concat();
    // Once through the listener that has the store, once without one.
    home.run(&changed).expect(0);
    listener.stop();
    home.run(&changed).expect(0);
    home.run(&["replay", "1", "--to", &url]).expect(0);

    let (seen, kept) = (target.seen(), kept(&home, "1"));
    assert_eq!((seen.len(), kept.len()), (3, 3));
    for (seen, kept) in seen.iter().zip(&kept) {
        let sent = &kept["sent"];
        let head: String = lines(sent)
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let method = sent["method"].as_str().unwrap();
        let path = sent["target"].as_str().unwrap();
        assert_eq!(seen.head, format!("{method} {path} HTTP/1.1\r\n{head}\r\n"));
    }
    for (seen, kept) in seen.iter().zip(&kept).take(2) {
        let sent = &kept["sent"];
        assert_eq!(sent["body_changed"], true);
        assert_eq!(
            (&sent["body_cut"], &sent["body_bytes"]),
            (&false.into(), &seen.body.len().into())
        );
        assert_eq!(sent["body"], seen.json());
        assert_eq!(sent["body"]["result"]["n"].to_string(), "2.5");
    }
    let unchanged = &kept[2]["sent"];
    assert_eq!(unchanged["body_changed"], false);
    assert_eq!(unchanged.get("body"), None);

    let shown = home.run(&["show", "1"]).expect(0).stdout;
    let fresh = seen[0].header("Sixtyfour-Signature").unwrap();
    for line in [
        &*format!("    + Sixtyfour-Signature: {fresh}\n"),
        "    + Sixtyfour-Event-Id: e-2\n",
        "    - Sixtyfour-Event-Id: e-1\n",
        "    + another body: 83 B, captured 83 B\n",
    ] {
        assert!(shown.contains(line), "{line}{shown}");
    }
    let store = std::fs::read(home.store()).unwrap();
    let secret = SECRET.as_bytes();
    assert!(!store.windows(secret.len()).any(|window| window == secret));
}

#[test]
fn a_large_changed_body_is_kept_in_part_and_says_so() {
    let home = Home::new();
    let target = Target::taking();
    let listener = home.listen::<&str>(&[]);
    let body = format!(r#"{{"a":1,"pad":"{}"}}"#, "x".repeat(3 << 20));
    post(&listener.address, "/", &[], body.as_bytes());
    let changing = ["1", "--set", ".a=2", "--times", "5"];
    let replayed = replay(&home, &target, &changing).expect(0);
    assert!(!replayed.stderr.contains("warning"), "{}", replayed.stderr);
    let kept = kept(&home, "1");
    assert_eq!(kept.len(), 5);
    for kept in &kept {
        let sent = &kept["sent"];
        assert_eq!(
            (&sent["body_cut"], &sent["body_bytes"]),
            (&true.into(), &(1 << 20).into())
        );
    }
    assert_eq!(target.seen()[4].body.len(), body.len());
    let shown = home.run(&["show", "1"]).expect(0).stdout;
    assert!(
        shown.contains("+ another body: 3 MiB, captured 3 MiB"),
        "{shown}"
    );
}
