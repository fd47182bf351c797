//! `hook64 tunnel`: the public URL for scripts.

use std::fs;

use super::rig::Home;

#[test]
fn a_given_public_url_is_printed_with_the_path_behind_it() {
    let home = Home::new();
    let url = "https://hooks.example.com/dev/";
    let found = home.run(&["tunnel", "--public-url", url]).expect(0);
    assert_eq!(found.stdout, "https://hooks.example.com/dev/\n");
    assert_eq!(found.stderr.lines().last(), Some("given with --public-url"));

    let settings = "public-url = \"https://hooks.example.com\"\npath = \"/in\"\nport = 7000\n";
    fs::write(home.path("hook64.toml"), settings).unwrap();
    let found = home.run(&["tunnel", "--output", "json"]).expect(0);
    let answer = &found.json_lines()[0];
    assert_eq!(answer["webhook_url"], "https://hooks.example.com/in");
    assert_eq!(
        (&answer["port"], &answer["by"]),
        (&7000.into(), &"given".into())
    );
}

#[test]
fn what_is_no_public_url_or_no_port_is_refused_with_the_reason() {
    let home = Home::new();
    let refused = home
        .run(&["tunnel", "--public-url", "hooks.example.com"])
        .expect(2);
    assert!(
        refused.stderr.contains("begins with http://"),
        "{}",
        refused.stderr
    );
    let refused = home.run(&["tunnel", "--port", "0"]).expect(2);
    assert!(refused.stderr.contains("--port N"), "{}", refused.stderr);
}
