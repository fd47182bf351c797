//! Several replays write to one store.

use std::process::Stdio;

use super::{captured, kept};
use crate::rig::target::Target;
use crate::rig::{Finished, Home};

#[test]
fn replays_of_several_processes_are_all_kept() {
    let home = Home::new();
    captured(&home);
    let target = Target::taking();
    let url = target.url("/");
    let many = ["replay", "1", "--to", &url, "--times", "50", "-q"];
    let running: Vec<_> = (0..4)
        .map(|_| {
            let mut command = home.command(&many);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for child in running {
        let finished = Finished::from(child.wait_with_output().unwrap()).expect(0);
        assert_eq!(finished.stderr, "");
    }
    assert_eq!(kept(&home, "1").len(), 200);
}
