//! On a terminal a person is asked, and sees how far it is.

use std::io::{Read, Write};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::captured;
use crate::rig::target::Target;
use crate::rig::{Finished, Home};

#[test]
fn on_a_terminal_the_person_is_asked_before_anything_leaves_the_machine() {
    let home = Home::new();
    captured(&home);
    let arguments = [
        "replay",
        "1",
        "--to",
        "http://192.0.2.1/",
        "--timeout",
        "50ms",
    ];
    for (said, code, expected) in [
        ("n\n", 2, "refusing to replay to 192.0.2.1"),
        ("\n", 2, "refusing to replay to 192.0.2.1"),
        ("y\n", 4, "could not replay e-1 to http://192.0.2.1/"),
    ] {
        let shown = on_terminal(&home, &arguments, said);
        assert!(
            shown.stdout.contains("which is not this machine? [y/N]"),
            "{}",
            shown.stdout
        );
        assert!(shown.stdout.contains(expected), "{}", shown.stdout);
        assert_eq!(shown.code, Some(code), "{said:?}");
    }
}

#[test]
fn many_replays_on_a_terminal_have_a_bar_and_a_summary_instead_of_lines() {
    let home = Home::new();
    captured(&home);
    let target = Target::new(|number, _| (if number == 7 { 500 } else { 200 }, String::new()));
    let url = target.url("/");
    let arguments = [
        "replay", "1", "--to", &url, "--times", "60", "--every", "10ms",
    ];
    let shown = on_terminal(&home, &arguments, "").stdout;
    assert_eq!(shown.matches("replayed e-1").count(), 1, "{shown}");
    assert!(shown.contains("500 Internal Server Error"), "{shown}");
    assert!(shown.contains("/60") && shown.contains('#'), "{shown}");
    assert!(shown.contains("Answers  200 x 59, 500 x 1"), "{shown}");
}

/// Runs a command on a terminal, and types into it; what it shows is its standard output.
fn on_terminal(home: &Home, arguments: &[&str], typed: &str) -> Finished {
    let size = PtySize {
        rows: 36,
        cols: 160,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pair = native_pty_system().openpty(size).unwrap();
    let plain = home.command(arguments);
    let mut command = CommandBuilder::new(plain.get_program());
    command.args(plain.get_args());
    command.env_clear();
    for (name, value) in plain.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.env("TERM", "xterm-256color");
    command.cwd(plain.get_current_dir().unwrap());
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut writer = pair.master.take_writer().unwrap();
    writer.write_all(typed.as_bytes()).unwrap();
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut shown = Vec::new();
    // A terminal whose program has ended may give an error instead of an end.
    let _ = reader.read_to_end(&mut shown);
    let status = child.wait().unwrap();
    Finished {
        code: i32::try_from(status.exit_code()).ok(),
        stdout: String::from_utf8_lossy(&shown).into_owned(),
        stderr: String::new(),
    }
}
