//! One table: what can be done, under which name, with which keys, where, and what the help says.
//!
//! The keys in use come from here and from `[keys]` in the configuration; the help, the palette and
//! `hook64 keys` read them back, so that none of them can be wrong.

use std::collections::{BTreeMap, HashMap};

use super::action::{Action, Copied, Setting, Tab};
use super::key::Key;
use super::world::Trouble;

/// Where a key means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Wherever no narrower scope takes it.
    Everywhere,
    /// The list.
    List,
    /// Any tab of the detail.
    Detail,
    /// The body tab.
    Body,
    /// The headers tab.
    Headers,
}

impl Scope {
    /// The word beside a command.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::List => "list",
            Self::Detail => "detail",
            Self::Body => "body",
            Self::Headers => "headers",
        }
    }
}

/// A group of lines in the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "its title says what is in it")]
pub enum Section {
    Everywhere,
    List,
    Detail,
    Find,
    Act,
    Faults,
    Copy,
}

impl Section {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Everywhere,
        Self::List,
        Self::Detail,
        Self::Find,
        Self::Act,
        Self::Faults,
        Self::Copy,
    ];

    /// Its title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::List => "List",
            Self::Detail => "Detail",
            Self::Find => "Find and filter",
            Self::Act => "Act on selection or marks",
            Self::Faults => "Faults",
            Self::Copy => "Copy",
        }
    }
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// What it does.
    pub action: Action,
    /// Its name in the configuration.
    pub name: &'static str,
    /// Its keys, unless they are changed.
    keys: &'static [&'static str],
    /// Where.
    pub scope: Scope,
    /// Where the help lists it.
    pub section: Section,
    /// What the help says.
    pub help: &'static str,
}

const fn command(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    scope: Scope,
    section: Section,
    help: &'static str,
) -> Command {
    Command {
        action,
        name,
        keys,
        scope,
        section,
        help,
    }
}

/// Every command, in the order of the help.
#[rustfmt::skip]
pub static COMMANDS: &[Command] = &[
    command(Action::Help, "help", &["?", "f1"], Scope::Everywhere, Section::Everywhere, "this help"),
    command(Action::Commands, "commands", &[":", "ctrl-p"], Scope::Everywhere, Section::Everywhere, "commands (fuzzy)"),
    command(Action::Close, "close", &["q"], Scope::Everywhere, Section::Everywhere, "close view, quit at top"),
    command(Action::Back, "back", &["esc"], Scope::Everywhere, Section::Everywhere, "back out, never quits"),
    command(Action::Interrupt, "interrupt", &["ctrl-c"], Scope::Everywhere, Section::Everywhere, "quit (twice: at once)"),
    command(Action::Suspend, "suspend", &["ctrl-z"], Scope::Everywhere, Section::Everywhere, "suspend (asks first)"),
    command(Action::Redraw, "redraw", &["ctrl-l"], Scope::Everywhere, Section::Everywhere, "redraw"),
    command(Action::Info, "info", &["i"], Scope::Everywhere, Section::Everywhere, "connection and tunnel"),
    command(Action::Qr, "qr", &["Q"], Scope::Everywhere, Section::Everywhere, "public URL as a QR code"),
    command(Action::Zoom, "zoom", &["z"], Scope::Everywhere, Section::Everywhere, "zoom pane"),
    command(Action::TimeDisplay, "time", &["t"], Scope::Everywhere, Section::Everywhere, "clock / age / gap"),
    command(Action::Sample, "sample", &["T"], Scope::Everywhere, Section::Everywhere, "send a test delivery"),
    command(Action::Probe, "probe", &["P"], Scope::Everywhere, Section::Everywhere, "probe the tunnel"),
    command(Action::Down, "down", &["j", "down"], Scope::Everywhere, Section::List, "move down"),
    command(Action::Up, "up", &["k", "up"], Scope::Everywhere, Section::List, "move up"),
    command(Action::First, "first", &["g", "home"], Scope::Everywhere, Section::List, "first"),
    command(Action::Newest, "newest", &["G", "end"], Scope::Everywhere, Section::List, "newest, and follow"),
    command(Action::HalfDown, "half-down", &["ctrl-d"], Scope::Everywhere, Section::List, "half a page down"),
    command(Action::HalfUp, "half-up", &["ctrl-u"], Scope::Everywhere, Section::List, "half a page up"),
    command(Action::PageDown, "page-down", &["pgdn", "ctrl-f"], Scope::Everywhere, Section::List, "page down"),
    command(Action::PageUp, "page-up", &["pgup", "ctrl-b"], Scope::Everywhere, Section::List, "page up"),
    command(Action::Open, "open", &["enter"], Scope::Everywhere, Section::List, "open"),
    command(Action::Right, "right", &["l", "right"], Scope::Everywhere, Section::List, "unfold, open"),
    command(Action::Left, "left", &["h", "left"], Scope::Everywhere, Section::List, "fold event / back"),
    command(Action::Mark, "mark", &["space"], Scope::List, Section::List, "mark"),
    command(Action::OnlyMarked, "only-marked", &["M"], Scope::Everywhere, Section::List, "only marked"),
    command(Action::UnmarkAll, "unmark-all", &["U"], Scope::Everywhere, Section::List, "unmark all"),
    command(Action::Follow, "follow", &["F"], Scope::Everywhere, Section::List, "follow newest"),
    command(Action::Freeze, "freeze", &["p"], Scope::Everywhere, Section::List, "freeze screen"),
    command(Action::PreviousProblem, "previous-problem", &["{"], Scope::Everywhere, Section::List, "previous problem"),
    command(Action::NextProblem, "next-problem", &["}"], Scope::Everywhere, Section::List, "next problem"),
    command(Action::Order, "order", &["o"], Scope::Everywhere, Section::List, "order by"),
    command(Action::Reverse, "reverse", &["O"], Scope::Everywhere, Section::List, "reverse order"),
    command(Action::Show(Tab::Overview), "overview", &["1"], Scope::Everywhere, Section::Detail, "Overview"),
    command(Action::Show(Tab::Body), "body", &["2"], Scope::Everywhere, Section::Detail, "Body"),
    command(Action::Show(Tab::Headers), "headers", &["3"], Scope::Everywhere, Section::Detail, "Headers"),
    command(Action::Show(Tab::Signature), "signature", &["4"], Scope::Everywhere, Section::Detail, "Signature"),
    command(Action::Show(Tab::Attempts), "attempts", &["5"], Scope::Everywhere, Section::Detail, "Attempts"),
    command(Action::Show(Tab::Response), "response", &["6"], Scope::Everywhere, Section::Detail, "Response"),
    command(Action::PreviousTab, "previous-tab", &["["], Scope::Everywhere, Section::Detail, "previous tab"),
    command(Action::NextTab, "next-tab", &["]"], Scope::Everywhere, Section::Detail, "next tab"),
    command(Action::FocusNext, "focus", &["tab"], Scope::Everywhere, Section::Detail, "list / detail"),
    command(Action::FocusPrevious, "focus-back", &["shift-tab"], Scope::Everywhere, Section::Detail, "detail / list"),
    command(Action::OtherDown, "other-down", &["J"], Scope::Everywhere, Section::Detail, "next event / scroll"),
    command(Action::OtherUp, "other-up", &["K"], Scope::Everywhere, Section::Detail, "previous event / scroll"),
    command(Action::ToggleFold, "fold", &["space"], Scope::Body, Section::Detail, "fold node"),
    command(Action::FoldAll, "fold-all", &["-"], Scope::Body, Section::Detail, "fold all"),
    command(Action::UnfoldAll, "unfold-all", &["="], Scope::Body, Section::Detail, "unfold all"),
    command(Action::BodyView, "body-view", &["x"], Scope::Everywhere, Section::Detail, "tree, raw, hex"),
    command(Action::Wrap, "wrap", &["\\"], Scope::Everywhere, Section::Detail, "wrap"),
    command(Action::HeaderOrder, "header-order", &["o"], Scope::Headers, Section::Detail, "sort the headers"),
    command(Action::Diff, "diff", &["D"], Scope::Everywhere, Section::Detail, "diff with previous"),
    command(Action::TryKey, "try-key", &[], Scope::Everywhere, Section::Detail, "try a key on it"),
    command(Action::Pager, "pager", &["v"], Scope::Everywhere, Section::Detail, "open in $PAGER"),
    command(Action::Find, "find", &["/"], Scope::Everywhere, Section::Find, "find in focused pane"),
    command(Action::FindNext, "find-next", &["n"], Scope::Everywhere, Section::Find, "next match"),
    command(Action::FindPrevious, "find-previous", &["N"], Scope::Everywhere, Section::Find, "previous match"),
    command(Action::Filter, "filter", &["f"], Scope::Everywhere, Section::Find, "filter the list"),
    command(Action::ClearFilter, "clear-filter", &[], Scope::Everywhere, Section::Find, "clear the filter"),
    command(Action::Replay, "replay", &["r"], Scope::Everywhere, Section::Act, "replay (dialog)"),
    command(Action::ReplayAgain, "replay-again", &["R"], Scope::Everywhere, Section::Act, "repeat last replay"),
    command(Action::ReplayMarked, "replay-marked", &[], Scope::List, Section::Act, "replay all marked"),
    command(Action::Edit, "edit", &["e"], Scope::Everywhere, Section::Act, "edit in $EDITOR + replay"),
    command(Action::CopyMenu, "copy", &["y"], Scope::Everywhere, Section::Act, "copy (then what)"),
    command(Action::Write, "write", &["w"], Scope::Everywhere, Section::Act, "write selection to file"),
    command(Action::WriteAll, "write-all", &["W"], Scope::Everywhere, Section::Act, "write all shown to file"),
    command(Action::Delete, "delete", &["d"], Scope::Everywhere, Section::Act, "delete from view"),
    command(Action::Undo, "undo", &["u"], Scope::Everywhere, Section::Act, "undo delete"),
    command(Action::ClearAll, "clear-all", &["C"], Scope::Everywhere, Section::Act, "clear all (asks)"),
    command(Action::Arm, "arm", &["a"], Scope::Everywhere, Section::Faults, "arm a failure"),
    command(Action::Disarm, "disarm", &["A"], Scope::Everywhere, Section::Faults, "disarm all"),
    command(Action::Held, "held", &["!"], Scope::Everywhere, Section::Faults, "held: answer or drop now"),
    command(Action::Copy(Copied::Pretty), "copy-body", &[], Scope::Everywhere, Section::Copy, "copy the body, laid out"),
    command(Action::Copy(Copied::Raw), "copy-raw", &[], Scope::Everywhere, Section::Copy, "copy the raw body"),
    command(Action::Copy(Copied::Headers), "copy-headers", &[], Scope::Everywhere, Section::Copy, "copy the headers"),
    command(Action::Copy(Copied::Curl), "copy-curl", &[], Scope::Everywhere, Section::Copy, "copy a curl command"),
    command(Action::Copy(Copied::EventId), "copy-event-id", &[], Scope::Everywhere, Section::Copy, "copy the event id"),
    command(Action::Copy(Copied::TaskId), "copy-task-id", &[], Scope::Everywhere, Section::Copy, "copy the task or run id"),
    command(Action::Copy(Copied::Value), "copy-value", &[], Scope::Everywhere, Section::Copy, "copy the focused value"),
    command(Action::Copy(Copied::Path), "copy-path", &[], Scope::Everywhere, Section::Copy, "copy the path to it"),
    command(Action::Copy(Copied::Url), "copy-url", &[], Scope::Everywhere, Section::Copy, "copy the public URL"),
    command(Action::Copy(Copied::Signed), "copy-signed", &[], Scope::Everywhere, Section::Copy, "copy what was signed"),
    command(Action::Copy(Copied::Openssl), "copy-openssl", &[], Scope::Everywhere, Section::Copy, "copy an openssl check"),
    command(Action::Copy(Copied::Attempts), "copy-attempts", &[], Scope::Everywhere, Section::Copy, "copy the attempts table"),
    command(Action::Quit, "quit", &[], Scope::Everywhere, Section::Everywhere, "quit"),
    command(Action::Toggle(Setting::Mouse), "set-mouse", &[], Scope::Everywhere, Section::Everywhere, "set mouse on/off"),
    command(Action::Toggle(Setting::Bell), "set-bell", &[], Scope::Everywhere, Section::Everywhere, "set bell bad-sig on/off"),
    command(Action::Toggle(Setting::Countdown), "set-countdown", &[], Scope::Everywhere, Section::Everywhere, "set countdown on/off"),
    command(Action::Toggle(Setting::KeepScreen), "set-keep-screen", &[], Scope::Everywhere, Section::Everywhere, "set keep-screen on/off"),
];

/// The keys in use.
#[derive(Debug, Clone)]
pub struct Keymap {
    actions: HashMap<(Scope, Key), Action>,
    keys: HashMap<Action, Vec<Key>>,
}

impl Default for Keymap {
    fn default() -> Self {
        // The table is tested to be free of contradictions.
        Self::with(&BTreeMap::new()).unwrap_or_else(|_| Self {
            actions: HashMap::new(),
            keys: HashMap::new(),
        })
    }
}

impl Keymap {
    /// The keys of the table, where the configuration does not say otherwise.
    ///
    /// # Errors
    /// When the configuration names an unknown action or key, or one key twice in one scope.
    pub fn with(changed: &BTreeMap<String, Vec<String>>) -> Result<Self, Trouble> {
        if let Some(unknown) = changed
            .keys()
            .find(|name| COMMANDS.iter().all(|command| command.name != **name))
        {
            return Err(unknown_action(unknown));
        }
        let mut map = Self {
            actions: HashMap::new(),
            keys: HashMap::new(),
        };
        for command in COMMANDS {
            let keys: Result<Vec<Key>, Trouble> = match changed.get(command.name) {
                Some(keys) => keys.iter().map(|key| key.parse()).collect(),
                None => command.keys.iter().map(|key| key.parse()).collect(),
            };
            map.bind(command, keys.map_err(|trouble| under(command, trouble))?)?;
        }
        Ok(map)
    }

    fn bind(&mut self, command: &Command, keys: Vec<Key>) -> Result<(), Trouble> {
        for key in &keys {
            let before = self.actions.insert((command.scope, *key), command.action);
            if let Some(before) = before.filter(|before| *before != command.action) {
                return Err(Trouble::new(format!(
                    "the key \"{key}\" does two things: {} and {}",
                    name_of(before),
                    command.name
                ))
                .fix(format!(
                    "give one of them another key under [keys]: {} = [\"…\"]",
                    command.name
                )));
            }
        }
        self.keys.insert(command.action, keys);
        Ok(())
    }

    /// What a key does, in the first of these scopes that knows it.
    #[must_use]
    pub fn action(&self, scopes: &[Scope], key: Key) -> Option<Action> {
        scopes
            .iter()
            .find_map(|scope| self.actions.get(&(*scope, key)))
            .copied()
    }

    /// The keys of an action.
    #[must_use]
    pub fn keys(&self, action: Action) -> &[Key] {
        self.keys.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The first key of an action as the help spells it; empty when it has none.
    #[must_use]
    pub fn label(&self, action: Action) -> String {
        if let Action::Copy(what) = action {
            let second = Copied::ALL.into_iter().find(|(_, other, _)| *other == what);
            let first = self.label(Action::CopyMenu);
            return second.map_or_else(String::new, |(key, ..)| format!("{first}{key}"));
        }
        self.keys(action)
            .first()
            .map_or_else(String::new, |key| key.label())
    }
}

/// The name of an action in the configuration.
#[must_use]
pub fn name_of(action: Action) -> &'static str {
    COMMANDS
        .iter()
        .find(|command| command.action == action)
        .map_or("", |command| command.name)
}

fn under(command: &Command, trouble: Trouble) -> Trouble {
    Trouble {
        why: Some(format!("it is under [keys], {}", command.name)),
        ..trouble
    }
}

fn unknown_action(name: &str) -> Trouble {
    let shown = crate::text::line(name.as_bytes());
    let near = COMMANDS
        .iter()
        .filter(|command| command.name.starts_with(name.get(..2).unwrap_or(name)))
        .map(|command| command.name)
        .take(4)
        .collect::<Vec<_>>();
    let trouble = Trouble::new(format!("no action is called \"{shown}\" (under [keys])"));
    if near.is_empty() {
        trouble.fix("list the names: hook64 keys")
    } else {
        trouble.fix(format!("did you mean {}?", near.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn changed(name: &str, key: &str) -> BTreeMap<String, Vec<String>> {
        [(name.to_owned(), vec![key.to_owned()])].into()
    }

    #[test]
    fn the_table_has_no_two_actions_on_one_key_and_no_name_twice() {
        assert!(Keymap::with(&BTreeMap::new()).is_ok());
        let names: HashSet<_> = COMMANDS.iter().map(|command| command.name).collect();
        assert_eq!(names.len(), COMMANDS.len());
    }

    #[test]
    fn what_the_help_says_fits_its_column() {
        for command in COMMANDS {
            assert!(command.help.len() <= 24, "{}", command.help);
        }
    }

    #[test]
    fn a_narrow_scope_goes_before_everywhere() {
        let map = Keymap::default();
        let key = Key::letter('o');
        assert_eq!(
            map.action(&[Scope::Headers, Scope::Everywhere], key),
            Some(Action::HeaderOrder)
        );
        assert_eq!(
            map.action(&[Scope::List, Scope::Everywhere], key),
            Some(Action::Order)
        );
    }

    #[test]
    fn a_changed_key_replaces_the_ones_of_the_table() {
        let map = Keymap::with(&changed("replay", "ctrl-r")).unwrap();
        assert_eq!(map.label(Action::Replay), "Ctrl-R");
        assert_eq!(map.action(&[Scope::Everywhere], Key::letter('r')), None);
    }

    #[test]
    fn a_key_with_two_meanings_an_unknown_action_and_an_unknown_key_are_refused_with_a_fix() {
        for (name, key) in [("replay", "a"), ("repaly", "r"), ("replay", "hyper-r")] {
            assert!(Keymap::with(&changed(name, key)).unwrap_err().fix.is_some());
        }
    }
}
