use std::process::Command as Process;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, prop_assume, proptest};
use proptest::sample::select;
use proptest::strategy::{Just, Strategy};

use crate::delivery::{Defect, Head};
use crate::export::samples;

use super::*;

/// What a shell hands to a program called `curl`: its arguments, then its standard input.
fn run(shell: &str, command: &str) -> (Vec<Vec<u8>>, Vec<u8>) {
    const FAKE: &str = r#"curl() { printf '%s\0' "$@"; printf 'STDIN:'; cat; }; "#;
    let output = Process::new(shell)
        .args(["-c", &format!("{FAKE}{command}")])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut parts: Vec<_> = output
        .stdout
        .split(|byte| *byte == 0)
        .map(<[u8]>::to_vec)
        .collect();
    let arguments_end = parts
        .iter()
        .position(|part| part.starts_with(b"STDIN:"))
        .unwrap();
    let stdin = parts.split_off(arguments_end).join(&0)["STDIN:".len()..].to_vec();
    (parts, stdin)
}

fn shells() -> Vec<&'static str> {
    let exists = |shell: &&str| Process::new(shell).args(["-c", ":"]).status().is_ok();
    ["sh", "bash", "dash", "zsh"]
        .into_iter()
        .filter(exists)
        .collect()
}

/// Bytes that shells and curl are most likely to trip over.
fn nasty() -> impl Strategy<Value = Vec<u8>> {
    let pieces = select(vec![
        &b"'"[..],
        b"\"",
        b"`touch canary`",
        b"$(touch canary)",
        b"$HOME",
        b"\\",
        b"\\n",
        b"!",
        b"!!",
        b"%",
        b"%s",
        b"@",
        b"-",
        b"--",
        b" ",
        b"~",
        b"*",
        b"{a,b}",
        b"[1-3]",
        b";",
        b"&",
        b"|",
        b"<",
        b">",
        b"#",
        b"\xff",
        b"\xc2\x9b",
        b"\xe2\x80\xae",
        b"\x1b[201~",
        b"\x07",
        "é".as_bytes(),
        b"7",
    ]);
    vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}

fn with(headers: &[Header], body: Vec<u8>) -> Delivery {
    request("POST", b"/", headers, body)
}

fn request(method: &str, target: &[u8], headers: &[Header], body: Vec<u8>) -> Delivery {
    let mut delivery = samples::find_email();
    samples::change(&mut delivery, |arrival| {
        arrival.request.head = Head::build(method, target, headers).unwrap();
        arrival.request.body = Bytes::from(body);
    });
    delivery
}

fn inline(delivery: &Delivery, url: &str) -> Result<Command, CurlError> {
    command(delivery, url, BodySource::Inline, Credentials::Masked)
}

fn argument_after<'a>(arguments: &'a [Vec<u8>], option: &str) -> Option<&'a [u8]> {
    let at = arguments
        .iter()
        .position(|argument| argument == option.as_bytes())?;
    arguments.get(at + 1).map(Vec::as_slice)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_shell_hands_the_bytes_over_unchanged(
        value in nasty(),
        body in nasty().prop_flat_map(|body| (Just(body), vec(any::<u8>(), 0..4))),
        newlines in 0..3_usize,
        query in nasty(),
    ) {
        let value = value.trim_ascii();
        let headers = [Header::new("X-Nasty", Bytes::copy_from_slice(value))];
        prop_assume!(Head::build("POST", b"/", &headers).is_ok());
        let (text, bytes) = body;
        let body = [text, bytes, b"\n".repeat(newlines)].concat();
        let query = String::from_utf8_lossy(&query);
        let target = format!("/?{query}").replace(|c: char| c.is_control() || c.is_whitespace(), "");
        prop_assume!(Head::build("POST", target.as_bytes(), &[]).is_ok());
        let delivery = request("POST", target.as_bytes(), &headers, body.clone());
        let command = command(&delivery, "http://127.0.0.1", BodySource::Inline, Credentials::Revealed).unwrap();
        let header = if value.is_empty() { b"X-Nasty;".to_vec() } else { [b"X-Nasty: ", value].concat() };
        for shell in shells() {
            let (arguments, stdin) = run(shell, &command.to_string());
            let url = argument_after(&arguments, "--url").unwrap();
            match argument_after(&arguments, "--request-target") {
                Some(said) => prop_assert_eq!(said, target.as_bytes()),
                None => prop_assert_eq!(url, [b"http://127.0.0.1", target.as_bytes()].concat()),
            }
            prop_assert_eq!(argument_after(&arguments, "--header"), Some(&header[..]));
            let sent = match argument_after(&arguments, "--data-raw") {
                Some(raw) => raw,
                None => &stdin,
            };
            prop_assert_eq!(sent, &body[..], "{}", shell);
        }
        prop_assert_eq!(std::path::Path::new("canary").exists(), false);
    }
}

#[test]
fn the_command_repeats_the_request_and_nothing_more() {
    let command = command(
        &samples::find_email(),
        "http://127.0.0.1:3000",
        BodySource::File(Path::new("000022.body")),
        Credentials::Masked,
    );
    insta::assert_snapshot!(command.unwrap(), @r#"curl --globoff --path-as-is --request POST --url 'http://127.0.0.1:3000/webhooks/sixtyfour?env=dev' --header 'Content-Type: application/json' --header 'Sixtyfour-Signature: t=1795183323,v1=5a4c34c3' --header 'Authorization: [masked]' --header 'X-Forwarded-For: 203.0.113.24' --header 'Accept:' --header 'User-Agent:' --header 'Expect:' --data-binary '@000022.body'"#);
}

#[test]
fn a_command_can_be_shown_on_a_terminal() {
    let headers = [Header::new("X", &b"\x9b31m\xe2\x80\xae"[..])];
    let delivery = with(&headers, b"\x1b]0;x\x07".to_vec());
    let command = command(
        &delivery,
        "http://x/\u{202e}",
        BodySource::Inline,
        Credentials::Masked,
    );
    let shown = command.unwrap().to_string();
    assert!(
        shown.is_ascii() && !shown.chars().any(char::is_control),
        "{shown}"
    );
}

#[test]
fn what_curl_would_interpret_is_guarded() {
    let delivery = with(&[Header::new("X-Empty", "")], b"@/etc/passwd".to_vec());
    let at = command(
        &delivery,
        "http://x/",
        BodySource::Inline,
        Credentials::Masked,
    )
    .unwrap();
    assert_eq!(
        argument_after(&at.arguments, "--data-raw"),
        Some(&b"@/etc/passwd"[..])
    );
    assert_eq!(
        argument_after(&at.arguments, "--header"),
        Some(&b"X-Empty;"[..])
    );
    let dash = BodySource::File(Path::new("-"));
    let dash = command(&delivery, "-o/etc/x", dash, Credentials::Masked).unwrap();
    assert_eq!(
        argument_after(&dash.arguments, "--data-binary"),
        Some(&b"@./-"[..])
    );
    assert_eq!(argument_after(&dash.arguments, "--url"), Some(&b"-o/"[..]));
}

#[test]
fn what_no_argument_can_carry_is_refused() {
    let nul = Header::new("X", &b"a\0b"[..]);
    assert_eq!(
        header_argument(&nul, Credentials::Masked),
        Err(CurlError::Header("X".to_owned()))
    );
    let file = Header::new("@X", "a");
    assert!(header_argument(&file, Credentials::Masked).is_err());
    let delivery = samples::find_email();
    let refused = |url| command(&delivery, url, BodySource::Inline, Credentials::Masked);
    assert_eq!(refused("http://x/\n"), Err(CurlError::Url));
    let unreadable = samples::unreadable();
    let nothing = command(
        &unreadable,
        "http://x/",
        BodySource::Inline,
        Credentials::Masked,
    );
    assert_eq!(nothing, Err(CurlError::Unreadable));
    let long = with(&[], vec![b'a'; MAX_INLINE_BODY + 1]);
    let long = command(&long, "http://x/", BodySource::Inline, Credentials::Masked);
    assert_eq!(long, Err(CurlError::BodyTooLong(MAX_INLINE_BODY + 1)));
}

#[test]
fn a_target_that_is_no_part_of_a_url_is_said_beside_it() {
    let absolute = &b"http://elsewhere:1/x?y"[..];
    for target in [b"*", &b"/a#b"[..], "/é".as_bytes(), absolute] {
        let delivery = request("OPTIONS", target, &[], Vec::new());
        let arguments = inline(&delivery, "http://x:1/path").unwrap().arguments;
        assert_eq!(
            argument_after(&arguments, "--url"),
            Some(&b"http://x:1/"[..])
        );
        assert_eq!(
            argument_after(&arguments, "--request-target"),
            Some(target),
            "{}",
            String::from_utf8_lossy(target)
        );
    }
}

#[test]
fn the_path_is_the_deliverys_own_whatever_the_url_has() {
    let delivery = request("POST", b"//a/../b?c=[1]", &[], Vec::new());
    for url in [
        "http://x",
        "http://x/",
        "http://x/y/?z",
        "http://x?y",
        "http://x#y",
    ] {
        let arguments = inline(&delivery, url).unwrap().arguments;
        let said = argument_after(&arguments, "--url").unwrap();
        assert_eq!(said, b"http://x//a/../b?c=[1]", "{url}");
        assert_eq!(argument_after(&arguments, "--request-target"), None);
    }
}

#[test]
fn a_head_request_has_no_data_and_keeps_the_length_that_it_named() {
    let length = [Header::new("content-length", "0")];
    let arguments = inline(&request("HEAD", b"/", &length, Vec::new()), "http://x")
        .unwrap()
        .arguments;
    assert!(arguments.contains(&b"--head".to_vec()));
    assert!(arguments.contains(&b"content-length: 0".to_vec()));
    let is_data = |argument: &Vec<u8>| argument.starts_with(b"--data");
    assert!(!arguments.iter().any(is_data));
    let with_body = request("HEAD", b"/", &length, b"x".to_vec());
    assert_eq!(inline(&with_body, "http://x"), Err(CurlError::HeadBody));
}

#[test]
fn a_body_that_is_not_whole_is_not_sent_as_if_it_were() {
    for defect in [
        Defect::BodyTooLarge,
        Defect::BodyIncomplete,
        Defect::BodyTimedOut,
    ] {
        let mut delivery = samples::find_email();
        samples::change(&mut delivery, |arrival| {
            arrival.request.defect = Some(defect.clone());
        });
        let why = defect.why().to_owned();
        assert_eq!(inline(&delivery, "http://x"), Err(CurlError::NotWhole(why)));
    }
}
