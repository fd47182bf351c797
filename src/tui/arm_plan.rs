//! The form of the dialog that arms a failure, written in the plan language.

use super::arm::{ArmForm, Field, Kind, Often, Problem};

impl ArmForm {
    /// The answer in the plan language.
    ///
    /// # Errors
    /// When a field is wrong.
    pub fn step_text(&self) -> Result<String, Problem> {
        match self.kind {
            Kind::Status => self.status(Field::Status),
            Kind::Delay => {
                let seconds = self.delay().ok_or_else(|| {
                    let words = "a number of seconds, from 0.1 to 3600".to_owned();
                    (Field::Seconds, words)
                })?;
                let status = self.status(Field::Then)?;
                let time = if seconds.fract() == 0.0 {
                    format!("{seconds:.0}s")
                } else {
                    format!("{:.0}ms", seconds * 1000.0)
                };
                Ok(if status == "200" {
                    format!("delay({time})")
                } else {
                    format!("delay({time} {status})")
                })
            }
            // Not `hang`: a person may answer it earlier.
            Kind::Hang => Ok("hold".to_owned()),
            Kind::Reset => Ok("reset".to_owned()),
            Kind::Cut => Ok("cut".to_owned()),
            Kind::Redirect => {
                let status = self.status(Field::Redirect)?;
                let location = self.text(Field::Location).trim();
                let plain = |letter: char| {
                    letter.is_ascii_graphic() && !matches!(letter, '(' | ')' | '"' | ';' | ',')
                };
                if location.is_empty() || !location.chars().all(plain) {
                    let words = "a path or URL without blanks, quotes or brackets".to_owned();
                    return Err((Field::Location, words));
                }
                Ok(format!("{status}(location={location})"))
            }
        }
    }

    fn status(&self, field: Field) -> Result<String, Problem> {
        let text = self.text(field).trim();
        match text.parse::<u16>() {
            Ok(200..=599) => Ok(text.to_owned()),
            _ => Err((field, "a status from 200 to 599".to_owned())),
        }
    }

    /// The form as a fault plan.
    ///
    /// # Errors
    /// When a field is wrong.
    pub fn plan(&self) -> Result<String, Problem> {
        let step = self.step_text()?;
        let rule = match self.often {
            Often::Next => {
                let count = self
                    .count()
                    .ok_or((Field::Count, "a number from 1".to_owned()))?;
                format!("{step}x{count}")
            }
            Often::Attempts => {
                let (first, last) = self
                    .attempts()
                    .ok_or_else(|| (Field::Attempts, "a number, or two such as 1-3".to_owned()))?;
                let answers = format!("{step}x{}", last - first + 1);
                if first == 1 {
                    format!("each:{answers}")
                } else {
                    format!("each:okx{},{answers}", first - 1)
                }
            }
            Often::Chance => {
                let percent: u8 = self
                    .text(Field::Chance)
                    .trim()
                    .parse()
                    .ok()
                    .filter(|percent| (1..=100).contains(percent))
                    .ok_or((Field::Chance, "a number from 1 to 100".to_owned()))?;
                format!("{percent}%:{step}")
            }
            Often::Always => format!("always:{step}"),
        };
        let before = if self.after_forward && self.world.forwards {
            "after-forward:"
        } else {
            ""
        };
        Ok(format!("{before}{rule}{}", self.scope()))
    }

    fn scope(&self) -> String {
        let terms: Vec<String> = [
            self.only_type().map(|kind| format!("type:{}", value(kind))),
            self.only_event().map(|id| format!("id:{}", value(id))),
        ]
        .into_iter()
        .flatten()
        .collect();
        if terms.is_empty() {
            String::new()
        } else {
            format!("@{}", terms.join(" "))
        }
    }
}

/// A value of the filter language: quoted unless it is a plain word.
fn value(text: &str) -> String {
    let plain =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':');
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
