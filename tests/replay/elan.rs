//! ELAN's captures, whose signature says no time.

use super::{capture, replay};
use crate::rig::Home;
use crate::rig::http::post;
use crate::rig::target::Target;

#[test]
fn what_never_expires_is_not_replayed_as_expired() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let signature = format!("sha256={}", "0a".repeat(32));
    let body = br#"{"event_id":"evt_1","event_type":"workflow.completed"}"#;
    let signed = [("X-Webhook-Signature", &*signature)];
    post(&listener.address, "/elan", &signed, body);
    capture(&listener, "e-1");
    listener.stop();
    let target = Target::taking();
    let (elan, secret) = (home.file("elan", "elan secret"), home.secret_file());
    let secrets = [
        "--elan-secret-file",
        elan.to_str().unwrap(),
        "--secret-file",
        secret.to_str().unwrap(),
    ];
    let expired = |ids: &[&str]| replay(&home, &target, &[ids, &["--expired"], &secrets].concat());
    let refused = expired(&["1"]).expect(2);
    let expected = "error: --expired does nothing for deliveries of ELAN\n  \
         why: ELAN's signature has no time in it, so none is too old\n  \
         fix: have it refused in another way: --bad-signature, or --unsigned\n";
    assert!(refused.stderr.ends_with(expected), "{}", refused.stderr);
    assert!(target.seen().is_empty());
    let mixed = expired(&["1", "2"]).expect(1);
    assert!(
        mixed.stderr.contains("warning: cannot replay delivery 1")
            && mixed.stderr.contains("has no time in it")
            && mixed.stderr.contains("(1 capture left out)"),
        "{}",
        mixed.stderr
    );
    assert_eq!(target.only().header("Sixtyfour-Event-Id"), Some("e-1"));

    replay(&home, &target, &[&["1"][..], &secrets].concat()).expect(0);
    let anew = target.seen().pop().unwrap();
    let anew = anew.header("X-Webhook-Signature").unwrap();
    assert!(anew.starts_with("sha256=") && anew != signature, "{anew}");
}

#[test]
fn an_empty_event_id_is_refused() {
    let home = Home::new();
    let target = Target::taking();
    let refused = replay(&home, &target, &["1", "--event-id", ""]).expect(2);
    assert!(
        refused.stderr.contains("it takes keep, new or an id"),
        "{}",
        refused.stderr
    );
}
