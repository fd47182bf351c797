//! `hook64 keys`: the keys of the terminal UI as they are in effect, under the names that `[keys]` in
//! the configuration knows.

use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use crate::text;
use crate::tui::keys::{COMMANDS, Keymap};

use super::arguments::Output;
use super::exit::Exit;
use super::output;
use super::problem::Result;
use super::settings::Layer;
use super::tui::keymap;

/// List what can be done in the terminal UI, and with which keys.
#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(arguments: &KeysArgs) -> Result {
    let map = keymap(&Layer::from_files()?)?;
    output::print(&match arguments.output {
        Output::Text => table(&map),
        Output::Json => lines(&map),
    })?;
    Ok(Exit::Done)
}

/// The keys of every command, spelled as the configuration spells them.
fn rows(map: &Keymap) -> impl Iterator<Item = (Vec<String>, [&'static str; 3])> {
    COMMANDS.iter().map(|command| {
        let keys = map.keys(command.action).iter();
        (
            keys.map(ToString::to_string).collect(),
            [command.name, command.scope.name(), command.help],
        )
    })
}

fn table(map: &Keymap) -> String {
    let rows: Vec<_> = rows(map).map(|(keys, row)| (keys.join(" "), row)).collect();
    let widest = |column: fn(&(String, [&'static str; 3])) -> usize| {
        rows.iter().map(column).max().unwrap_or(0)
    };
    let keys = widest(|(keys, _)| text::width(keys));
    let names = widest(|(_, [name, ..])| text::width(name));
    let scopes = widest(|(_, [_, scope, _])| text::width(scope));
    rows.iter().fold(String::new(), |mut table, (key, row)| {
        let [name, scope, help] = row;
        let blanks = " ".repeat(keys - text::width(key));
        let _ = writeln!(
            table,
            "{}{blanks}  {name:names$}  {scope:scopes$}  {help}",
            text::line(key.as_bytes())
        );
        table
    })
}

fn lines(map: &Keymap) -> String {
    rows(map).fold(String::new(), |mut lines, (keys, row)| {
        let [action, place, help] = row;
        let object = json!({
            "v": 1, "kind": "key", "action": action, "keys": keys, "where": place, "help": help,
        });
        lines += &text::json(object.to_string());
        lines.push('\n');
        lines
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn changed() -> Keymap {
        let changed = [(
            "replay".to_owned(),
            vec!["ctrl-r".to_owned(), "f5".to_owned()],
        )];
        Keymap::with(&BTreeMap::from(changed)).unwrap()
    }

    #[test]
    fn every_command_has_its_line_with_the_keys_in_effect() {
        let table = table(&changed());
        assert_eq!(table.lines().count(), COMMANDS.len());
        let line = table.lines().find(|line| line.contains(" replay "));
        assert!(line.unwrap().starts_with("ctrl-r f5 "), "{table}");
    }

    #[test]
    fn an_object_a_line_spells_the_keys_as_the_configuration_does() {
        let lines = lines(&changed());
        let objects: Vec<serde_json::Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(objects.len(), COMMANDS.len());
        let replay = objects.iter().find(|object| object["action"] == "replay");
        assert_eq!(replay.unwrap()["keys"], json!(["ctrl-r", "f5"]));
        // Read back, they are the same keys.
        let all = objects.iter().map(|object| {
            let keys = object["keys"].as_array().unwrap().iter();
            (
                object["action"].as_str().unwrap().to_owned(),
                keys.map(|key| key.as_str().unwrap().to_owned()).collect(),
            )
        });
        let again = Keymap::with(&all.collect()).unwrap();
        assert_eq!(table(&again), table(&changed()));
    }
}
