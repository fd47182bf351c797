//! How the terminal UI looks and which keys it has: options over the configuration.

use clap::{Args, ValueEnum};

use crate::export::paint::Paint;
use crate::tui::keys::Keymap;
use crate::tui::theme::{Palette, Theme};

use super::super::problem::{Problem, Result};
use super::super::settings::Layer;
use super::super::{Everywhere, color};

/// Options of the terminal UI.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::commands) struct LookArgs {
    /// The colours of the terminal UI [default: ansi]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Terminal UI")]
    theme: Option<Name>,
    /// Draw the terminal UI with ASCII signs only
    #[arg(long, help_heading = "Terminal UI")]
    ascii: bool,
    /// Draw at most so many frames a second, 1 to 60 [default: 30, over SSH 15]
    #[arg(long, value_name = "N", help_heading = "Terminal UI",
          value_parser = clap::value_parser!(u32).range(1..=60))]
    fps: Option<u32>,
}

/// A theme's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// The sixteen colours of the terminal.
    Ansi,
    /// No colours.
    Mono,
    /// Blue and orange in place of green and red.
    Cb,
}

/// The same, resolved.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Looks {
    pub(super) theme: Theme,
    pub(super) keys: Keymap,
    pub(super) frames: Option<u32>,
}

impl Looks {
    /// What the options, the configuration and the environment ask for.
    ///
    /// # Errors
    /// When the configuration names a theme, an action or a key that there is not.
    pub(in crate::commands) fn resolve(
        arguments: &LookArgs,
        configured: &Layer,
        everywhere: Everywhere,
    ) -> Result<Self> {
        let palette = match (arguments.theme, &configured.theme) {
            (Some(name), _) => name.palette(),
            (None, Some(name)) => Name::from_str(name, false)
                .map(Name::palette)
                .map_err(|_| unknown_theme(name))?,
            (None, None) => Palette::default(),
        };
        // Colours that a library has to take out again would take the selection with them.
        let palette = match color::stdout(everywhere.color) {
            Paint::On => palette,
            Paint::Off => Palette::Mono,
        };
        let ascii = arguments.ascii
            || configured.ascii.unwrap_or(false)
            || !speaks_unicode(|name| std::env::var(name).ok());
        Ok(Self {
            theme: Theme { palette, ascii },
            keys: keymap(configured)?,
            frames: arguments.fps.or(configured.fps),
        })
    }
}

/// The keys in effect.
///
/// # Errors
/// When the configuration names an action or a key that there is not, or a key twice.
pub(in crate::commands) fn keymap(configured: &Layer) -> Result<Keymap> {
    Keymap::with(&configured.keys).map_err(|trouble| super::problem(trouble).into_usage())
}

impl Name {
    fn palette(self) -> Palette {
        match self {
            Self::Ansi => Palette::Ansi,
            Self::Mono => Palette::Mono,
            Self::Cb => Palette::Cb,
        }
    }
}

fn unknown_theme(name: &str) -> Problem {
    Problem::usage(format!(
        "the configuration does not know the theme \"{name}\""
    ))
    .why("it takes ansi, mono or cb")
}

/// Whether the locale has more than ASCII. A machine that names none is given the benefit of the
/// doubt: containers often do not, and their terminals do.
fn speaks_unicode(environment: impl Fn(&str) -> Option<String>) -> bool {
    let said = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(environment)
        .find(|value| !value.is_empty());
    said.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_locale_that_says_so_is_ascii() {
        let with = |pairs: &'static [(&str, &str)]| {
            speaks_unicode(|name| {
                let found = pairs.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(with(&[]));
        assert!(with(&[("LANG", "C.UTF-8")]));
        assert!(with(&[("LC_ALL", ""), ("LANG", "de_DE.utf8")]));
        assert!(!with(&[("LANG", "C")]));
        assert!(!with(&[("LC_ALL", "POSIX"), ("LANG", "C.UTF-8")]));
    }
}
