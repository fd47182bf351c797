//! A key is tried on the signature that is looked at: where it is named or typed, and what came of
//! it. Nothing of it is kept.

use std::fmt;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::delivery::{DeliveryId, Reason};
use crate::export::verdict;
use crate::signature::Secret;
use crate::text;

use super::app::App;
use super::effect::Effect;
use super::key::{Code, Key};
use super::keyed::{Trial, Tried};
use super::layer::Layer;
use super::prompt::Prompt;
use super::prompt_line::{caret, hidden};
use super::theme::Role;
use super::words::{Words, put};
use super::world::Trouble;

/// A key being named or typed.
pub struct KeyPrompt {
    /// The line.
    pub prompt: Prompt,
    /// It is the key itself: it is not drawn.
    pub typed: bool,
    /// Whose signature it is tried on.
    pub id: DeliveryId,
}

impl fmt::Debug for KeyPrompt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeyPrompt")
            .field("typed", &self.typed)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Asks for a key to try.
    pub(super) fn ask_key(&mut self) {
        match self.detail.current() {
            Some(shown) => self.layers.push(Layer::Key(KeyPrompt {
                id: shown.delivery.id,
                prompt: Prompt::default(),
                typed: false,
            })),
            None => self.tell("nothing is selected"),
        }
    }

    /// Tries the keys of a file that was named with the command.
    pub(super) fn try_file(&mut self, path: &str) {
        match self.detail.current().map(|shown| shown.delivery.id) {
            Some(id) => self.effects.push(Effect::TryKey {
                id,
                trial: Trial::File(path.into()),
            }),
            None => self.tell("nothing is selected"),
        }
    }

    pub(super) fn try_key(&mut self, mut asked: KeyPrompt, key: Key) {
        match key.code {
            Code::Esc => {}
            Code::Tab => {
                // What was typed as a path is not to become a key, nor the other way round.
                asked.typed = !asked.typed;
                asked.prompt.set("");
                self.layers.push(Layer::Key(asked));
            }
            Code::Enter if asked.prompt.text().trim().is_empty() => {
                self.tell(if asked.typed {
                    "type the key"
                } else {
                    "name a file"
                });
                self.layers.push(Layer::Key(asked));
            }
            Code::Enter => {
                let trial = if asked.typed {
                    Trial::Typed(Secret::new(asked.prompt.text()))
                } else {
                    Trial::File(asked.prompt.text().trim().into())
                };
                self.effects.push(Effect::TryKey {
                    id: asked.id,
                    trial,
                });
            }
            _ => {
                asked.prompt.key(key);
                self.layers.push(Layer::Key(asked));
            }
        }
    }

    /// Tells what came of it.
    pub(super) fn tried(&mut self, result: Result<Vec<Tried>, Trouble>) {
        match result {
            Ok(tried) => self.layers.push(Layer::text("Try a key", &told(&tried))),
            Err(trouble) => self.fail(&trouble),
        }
    }
}

fn told(tried: &[Tried]) -> String {
    let mut lines = String::new();
    for one in tried {
        let holds = one.verdict.reason == Reason::Ok
            || one.verdict.signature_matches_ignoring_time == Some(true);
        let word = if holds { "matches" } else { "does not match" };
        lines.push_str(&format!("Key …{} {word}: {}\n", one.key, reason(one)));
        if let Some(oddity) = &one.oddity {
            lines.push_str(&format!("  note: {}\n", text::line(oddity.as_bytes())));
        }
        if let Some(cause) = one.cause.as_ref().filter(|_| !holds) {
            let words = format!(
                "{}\nfix: {}",
                text::line(cause.explanation.as_bytes()),
                text::line(cause.fix.as_bytes())
            );
            for line in super::words::wrap(&words, 66) {
                lines.push_str(&format!("  {line}\n"));
            }
        }
    }
    lines.push_str("\nNothing was stored, and the verdict in the list stays as it was.\n");
    lines.push_str("To load it for good: --secret-file FILE");
    lines
}

fn reason(one: &Tried) -> String {
    match (one.verdict.reason, one.verdict.matched_v1_index) {
        (Reason::Ok, Some(place)) => format!("it made v1 #{}", place + 1),
        (Reason::Ok, None) => "it made this signature".to_owned(),
        _ => verdict::phrase(&one.verdict),
    }
}

/// Draws the prompt above the status line.
pub(super) fn draw(app: &App, asked: &KeyPrompt, area: Rect, buffer: &mut Buffer) {
    let (line, help) = if asked.typed {
        (
            hidden(app.theme, " key> ", &asked.prompt, area.width),
            "   Tab: name a file instead   (what you type is not shown and not kept)",
        )
    } else {
        (
            caret(app.theme, " key file> ", &asked.prompt, area.width),
            "   Tab: type the key instead   (one key a line; nothing is kept)",
        )
    };
    let words = Words::new(app.theme)
        .plain(" tries it on this delivery")
        .say(Role::Dim, help)
        .fit(area.width.into());
    put(buffer, area, &[line, words]);
}
