//! Bytes that would do something to whoever looks at them.

use crate::rig::Home;
use crate::rig::http::{post, raw};

/// The 65 control characters: C0, DEL and C1.
fn control_characters() -> impl Iterator<Item = char> {
    ('\0'..='\u{1f}').chain('\u{7f}'..='\u{9f}')
}

/// The first place where something raw would reach a terminal; line ends and, in bodies, tabs aside.
fn raw_control(output: &[u8]) -> Option<String> {
    let is_raw = |(at, byte): (usize, &u8)| {
        let next = output.get(at + 1).copied().unwrap_or(0);
        let is_c1 = *byte == 0xc2 && (0x80..=0x9f).contains(&next);
        let is_c0 = *byte < 0x20 && !matches!(byte, b'\n' | b'\t');
        is_c0 || *byte == 0x7f || is_c1
    };
    let at = output
        .iter()
        .enumerate()
        .position(|(at, byte)| is_raw((at, byte)))?;
    let around = &output[at.saturating_sub(60)..output.len().min(at + 20)];
    let at_fault = String::from_utf8_lossy(around).into_owned();
    Some(at_fault.escape_debug().to_string())
}

fn is_utf8(output: &[u8]) -> bool {
    std::str::from_utf8(output).is_ok()
}

/// Sends every control character in every place where one can be.
fn send_all(address: &str) {
    let all: String = control_characters().collect();
    let escaped: String = control_characters()
        .map(|character| format!("\\u{:04x}", u32::from(character)))
        .collect();
    let json = format!("{{\"task_id\":\"{escaped}\",\"status\":\"{escaped}\",\"{escaped}\":1}}");
    let percent: String = (0..=0x9f).map(|byte| format!("%{byte:02x}")).collect();
    let c1: String = ('\u{80}'..='\u{9f}').collect();
    let headers = [
        ("Sixtyfour-Event-Id", &*c1),
        ("Sixtyfour-Event-Type", &*c1),
        ("Sixtyfour-Signature", &*format!("t=1,v1={c1}")),
        ("X-Hostile", "\u{202e}\u{2066}\u{200b}\u{e0041}\tend"),
        ("User-Agent", &*c1),
        ("X-Forwarded-For", &*c1),
        ("Content-Type", &*format!("text/{c1}")),
    ];
    for body in [
        all.as_bytes(),
        json.as_bytes(),
        b"\x9b31m\xff\x1b]52;c;eA==\x07",
    ] {
        assert_eq!(
            post(address, &format!("/{percent}"), &headers, body).status,
            200
        );
        assert_eq!(post(address, "/", &[], body).status, 200);
    }
    let high: Vec<u8> = (0x80..=0xff).collect();
    let mut request = b"POST /x HTTP/1.1\r\nHost: x\r\nX-Raw: ".to_vec();
    request.extend(high);
    request.extend(b"\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(raw(address, &request).unwrap().status, 200);
    // What is no HTTP is captured with its head as it came.
    for byte in (0..=0x1f).chain(0x7f..=0xff) {
        let refused = [
            b"PO\x1bST /\x9b",
            &[byte][..],
            b" HTTP/1.1\r\nA\x00: b\r\n\r\n",
        ]
        .concat();
        raw(address, &refused);
        let target = [
            b"POST /",
            &[byte][..],
            b" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        ];
        raw(address, &target.concat());
        let value = [
            b"POST / HTTP/1.1\r\nHost: x\r\nX: ",
            &[byte][..],
            b"\r\n\r\n",
        ];
        raw(address, &value.concat());
    }
}

#[test]
fn no_control_character_reaches_any_output_raw() {
    let home = Home::new();
    let secret = home.secret_file();
    let checks = [
        "--secret-file",
        secret.to_str().unwrap(),
        "--on-bad-signature",
        "200",
    ];
    for output in ["text", "json"] {
        let listener = home.listen(&[&checks[..], &["--output", output]].concat());
        send_all(&listener.address);
        let ended = listener.stop().expect(0);
        for said in [&ended.stdout, &ended.stderr] {
            assert_eq!(
                raw_control(said.as_bytes()),
                None,
                "listen --output {output}"
            );
        }
        assert!(ended.stdout.lines().count() > 100, "it was all printed");
    }

    let mut commands = vec![
        vec!["list", "--limit", "9999"],
        vec!["list", "--limit", "9999", "--output", "json"],
        vec!["export", "--format", "ndjson"],
        vec!["export", "--format", "ndjson", "--body", "full"],
        vec!["export", "--format", "har"],
        vec!["export", "--format", "curl"],
        vec!["show", "\u{80}"],
        vec!["show", "\u{1b}[31m"],
        vec!["list", "id:\u{1b}[31m"],
    ];
    let ids: Vec<_> = (1..=30).map(|id: u32| id.to_string()).collect();
    for id in &ids {
        commands.push(vec!["show", id]);
        commands.push(vec!["show", id, "--output", "json"]);
        commands.push(vec!["verify", id]);
    }
    let mut printed = 0;
    for arguments in commands {
        let finished = home.command(&arguments).output().unwrap();
        assert_ne!(finished.status.code(), Some(101), "{arguments:?}");
        for said in [&finished.stdout, &finished.stderr] {
            assert!(is_utf8(said), "{arguments:?}");
            assert_eq!(raw_control(said), None, "{arguments:?}");
            let text = String::from_utf8_lossy(said);
            assert!(
                !text.contains(['\u{202e}', '\u{2066}', '\u{200b}']),
                "{arguments:?}"
            );
        }
        printed += finished.stdout.len();
    }
    assert!(printed > 100_000, "{printed} bytes");
}

#[test]
fn json_lines_stay_lines_whatever_they_hold() {
    let home = Home::new();
    let listener = home.listen::<&str>(&[]);
    let body = "{\"a\":\"\u{2028}\u{85}\r\n\"}\n{\"level\":\"fatal\"}\n";
    let path = "/%0a{%22level%22:%22fatal%22}";
    assert_eq!(
        post(&listener.address, path, &[("X", "\u{85}")], body.as_bytes()).status,
        200
    );
    let delivery = listener.next("delivery");
    assert_eq!(
        (&delivery["path"], &delivery["body_text"]),
        (&path.into(), &body.into())
    );
    let listed = home.run(&["list", "--output", "json"]).expect(0);
    assert_eq!(listed.stdout.split(['\u{2028}', '\u{85}', '\n']).count(), 2);
}
