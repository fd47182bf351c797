//! The table of `list`: one delivery a row, the columns fixed from the start, so that a million rows
//! can be printed as they are read.

use jiff::tz::TimeZone;

use super::clock::Clock;
use super::columns::{left, right};
use super::paint::{Paint, Role};
use super::{answer, event};
use crate::delivery::Delivery;
use crate::text;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Seq,
    Time,
    Type,
    Event,
    Signature,
    Attempt,
    Answer,
    Size,
}

/// What goes first when there is not enough room.
const DISPENSABLE: [Column; 4] = [Column::Size, Column::Time, Column::Event, Column::Attempt];

/// The narrowest a type may become before columns go.
const MIN_TYPE: usize = 10;

/// A type needs no more than this.
const MAX_TYPE: usize = 40;

impl Column {
    const ALL: [Self; 8] = [
        Self::Seq,
        Self::Time,
        Self::Type,
        Self::Event,
        Self::Signature,
        Self::Attempt,
        Self::Answer,
        Self::Size,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Seq => "SEQ",
            Self::Time => "TIME",
            Self::Type => "TYPE",
            Self::Event => "EVENT",
            Self::Signature => "SIG",
            Self::Attempt => "ATT",
            Self::Answer => "ANSWER",
            Self::Size => "SIZE",
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Seq | Self::Attempt | Self::Size)
    }

    fn terminal_width(self, is_wide: bool) -> usize {
        match self {
            Self::Seq => 7,
            Self::Answer if is_wide => 18,
            Self::Time | Self::Answer => 14,
            Self::Type => MIN_TYPE,
            Self::Event => 9,
            Self::Signature | Self::Attempt => 3,
            Self::Size => 8,
        }
    }

    fn piped_width(self) -> usize {
        match self {
            Self::Time => 24,
            Self::Type => 26,
            Self::Event => 37,
            other => other.terminal_width(false),
        }
    }
}

/// How the rows are laid out.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<(Column, usize)>,
    gap: usize,
    clock: Clock,
    paint: Paint,
    /// On a terminal what is too long is clipped; in a file it is not.
    clip: bool,
}

impl Table {
    /// For a terminal of so many columns (30 or more): short ids, the clock of `zone`.
    #[must_use]
    pub fn terminal(width: usize, zone: TimeZone, paint: Paint) -> Self {
        let is_wide = width >= 100;
        let gap = if is_wide { 2 } else { 1 };
        let mut columns = Column::ALL.to_vec();
        let room_for_type = |columns: &[Column]| {
            let others = columns.iter().filter(|column| **column != Column::Type);
            let taken = others
                .map(|column| column.terminal_width(is_wide) + gap)
                .sum();
            width.saturating_sub(taken)
        };
        for column in DISPENSABLE {
            if room_for_type(&columns) < MIN_TYPE {
                columns.retain(|kept| *kept != column);
            }
        }
        let type_width = room_for_type(&columns).min(MAX_TYPE);
        let width_of = |column: Column| match column {
            Column::Type => type_width,
            other => other.terminal_width(is_wide),
        };
        Self {
            columns: columns
                .into_iter()
                .map(|column| (column, width_of(column)))
                .collect(),
            gap,
            clock: Clock::Local(zone),
            paint,
            clip: true,
        }
    }

    /// For a file or another program: whole ids, RFC 3339.
    #[must_use]
    pub fn piped(paint: Paint) -> Self {
        Self {
            columns: Column::ALL
                .map(|column| (column, column.piped_width()))
                .to_vec(),
            gap: 2,
            clock: Clock::Rfc3339,
            paint,
            clip: false,
        }
    }

    /// The names of the columns.
    #[must_use]
    pub fn header(&self) -> String {
        let heading = self.row_of(|column| (Role::Plain, column.title().to_owned()));
        self.paint.over(Role::Heading, heading).to_string()
    }

    /// One delivery; `because` is why hook64 answered in the app's place, if it did.
    #[must_use]
    pub fn row(&self, delivery: &Delivery, because: Option<&str>) -> String {
        self.row_of(|column| self.content(column, delivery, because))
    }

    fn content(
        &self,
        column: Column,
        delivery: &Delivery,
        because: Option<&str>,
    ) -> (Role, String) {
        let size = delivery.request().body.len();
        match column {
            Column::Seq => (Role::Plain, delivery.id.to_string()),
            Column::Time => {
                let arrived = delivery.request().times.arrived;
                (Role::Plain, self.clock.date_and_time(arrived))
            }
            Column::Type => (Role::Plain, event::kind(delivery).into_owned()),
            Column::Event if self.clip => (Role::Dim, event::short_id(delivery)),
            Column::Event => (Role::Dim, event::id(delivery)),
            Column::Signature => {
                let word = delivery.arrival.verdict.word();
                (answer::signature_role(delivery), word.to_owned())
            }
            Column::Attempt => (Role::Plain, event::attempt(delivery)),
            Column::Answer => {
                let by = answer::by_because(delivery, because);
                let answer = format!("{} {by}", answer::word(delivery));
                (answer::role(delivery), answer)
            }
            Column::Size if self.clip => (Role::Plain, text::bytes(size as u64)),
            Column::Size => (Role::Plain, size.to_string()),
        }
    }

    fn row_of(&self, content: impl Fn(Column) -> (Role, String)) -> String {
        let mut row = String::new();
        for (index, (column, width)) in self.columns.iter().enumerate() {
            let (role, content) = content(*column);
            let width = if self.clip {
                *width
            } else {
                text::width(&content).max(*width)
            };
            let cell = if column.is_number() {
                right(&content, width)
            } else {
                left(&content, width)
            };
            if index > 0 {
                row.extend(std::iter::repeat_n(' ', self.gap));
            }
            row.push_str(&self.paint.over(role, cell).to_string());
        }
        if self.paint == Paint::Off {
            row.truncate(row.trim_end().len());
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use crate::delivery::EventIdSource;
    use crate::export::samples;

    use super::*;

    fn inferred() -> Delivery {
        let mut delivery = samples::retry();
        samples::change(&mut delivery, |arrival| {
            let hash = "sha256:b1946ac92492d2347c6235b4d2611184".to_owned();
            arrival.recognition.event_id = Some((hash, EventIdSource::Hash));
            arrival.recognition.event_type =
                Some("山田 太郎 のとても長いイベントの種類".to_owned());
            arrival.recognition.attempt = None;
        });
        delivery
    }

    fn print(table: &Table) -> String {
        let rows = [samples::find_email(), inferred()];
        let rows = rows.iter().map(|delivery| table.row(delivery, None));
        std::iter::once(table.header())
            .chain(rows)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn a_terminal_gets_short_ids_and_its_own_clock() {
        insta::assert_snapshot!(print(&Table::terminal(80, TimeZone::UTC, Paint::Off)), @r#"
        SEQ TIME           TYPE            EVENT     SIG ATT ANSWER             SIZE
         22 11-20 14:02:03 find_email      6f1c0b52  ok    1 500 armed 1/5      86 B
         23 11-20 14:02:04 山田 太郎 のと… ~b1946ac9 ok   ~2 500 armed 2/5      86 B
        "#);
        insta::assert_snapshot!(print(&Table::terminal(40, TimeZone::UTC, Paint::Off)), @r#"
        SEQ TYPE          SIG ANSWER
         22 find_email    ok  500 armed 1/5
         23 山田 太郎 の… ok  500 armed 2/5
        "#);
    }

    #[test]
    fn a_pipe_gets_whole_ids_and_whole_times() {
        insta::assert_snapshot!(print(&Table::piped(Paint::Off)), @r#"
        SEQ  TIME                      TYPE                        EVENT                                  SIG  ATT  ANSWER              SIZE
         22  2026-11-20T14:02:03.412Z  find_email                  6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab   ok     1  500 armed 1/5         86
         23  2026-11-20T14:02:04.430Z  山田 太郎 のとても長いイベントの種類  ~sha256:b1946ac92492d2347c6235b4d2611184  ok    ~2  500 armed 2/5         86
        "#);
    }

    #[test]
    fn every_row_fits_its_terminal() {
        for width in 30..200 {
            let page = print(&Table::terminal(width, TimeZone::UTC, Paint::Off));
            let widest = page.lines().map(text::width).max();
            assert!(widest <= Some(width), "{width}: {page}");
        }
    }
}
