//! What became of many attempts: how often each answer came, and how long they took.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::delivery::Attempt;
use crate::export::clock::milliseconds;
use crate::text;

use super::histogram::Histogram;
use super::words::failure_name;

/// Attempts counted by what came back.
#[derive(Debug, Default)]
pub(in crate::commands) struct Tally {
    attempts: u64,
    statuses: BTreeMap<u16, u64>,
    failures: BTreeMap<&'static str, u64>,
    took: Histogram,
}

impl Tally {
    /// Counts an attempt. Only those that were answered count for the times.
    pub(in crate::commands) fn add(&mut self, attempt: &Attempt) {
        self.attempts += 1;
        match &attempt.result {
            Ok(response) => {
                *self.statuses.entry(response.status).or_default() += 1;
                self.took.add(attempt.took);
            }
            Err(failure) => *self.failures.entry(failure_name(failure)).or_default() += 1,
        }
    }

    /// How many there were.
    pub(in crate::commands) fn attempts(&self) -> u64 {
        self.attempts
    }

    /// How many were answered with something else than a 2xx.
    pub(in crate::commands) fn refused(&self) -> u64 {
        let refused =
            |(status, count): (&u16, &u64)| (!(200..300).contains(status)).then_some(*count);
        self.statuses.iter().filter_map(refused).sum()
    }

    /// How many were not answered at all.
    pub(in crate::commands) fn unanswered(&self) -> u64 {
        self.failures.values().sum()
    }

    /// The lines of a summary, for a person; `began` says what was done, in a few words.
    pub(in crate::commands) fn text(&self, began: &str, ran: Duration) -> String {
        let attempts = match self.attempts {
            1 => "1 attempt".to_owned(),
            count => format!("{count} attempts"),
        };
        let mut summary = format!(
            "{began}, {attempts} in {} ({}).\n",
            text::duration(ran),
            rate(self.attempts, ran)
        );
        let failures = self.failures.iter().map(|(name, count)| {
            let name = name.replace('_', " ");
            format!("{name} x {count}")
        });
        let statuses = self.statuses.iter();
        let answers: Vec<_> = statuses
            .map(|(status, count)| format!("{status} x {count}"))
            .chain(failures)
            .collect();
        if !answers.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(summary, "Answers  {}", answers.join(", "));
        }
        if let (Some(p50), Some(p95), Some(longest)) = self.times() {
            let [p50, p95, longest] = [p50, p95, longest].map(fine);
            let _ = writeln!(summary, "Took     p50 {p50}, p95 {p95}, longest {longest}");
        }
        summary
    }

    /// The same as fields of an object.
    pub(in crate::commands) fn fields(&self, ran: Duration) -> Map<String, Value> {
        let statuses: Map<_, _> = self
            .statuses
            .iter()
            .map(|(status, count)| (status.to_string(), Value::from(*count)))
            .collect();
        let (p50, p95, longest) = self.times();
        let millis = |time: Option<Duration>| time.map(milliseconds);
        let fields = json!({
            "attempts": self.attempts,
            "statuses": statuses,
            "failures": self.failures,
            "ran_ms": milliseconds(ran),
            "p50_ms": millis(p50),
            "p95_ms": millis(p95),
            "longest_ms": millis(longest),
        });
        match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    fn times(&self) -> (Option<Duration>, Option<Duration>, Option<Duration>) {
        (
            self.took.percentile(50),
            self.took.percentile(95),
            self.took.longest(),
        )
    }
}

/// How many a second.
fn rate(count: u64, ran: Duration) -> String {
    let seconds = ran.as_secs_f64();
    if seconds <= 0.0 {
        return "at once".to_owned();
    }
    // Counts of this size are exact in a float, and a rate is read to two digits.
    let rate = count as f64 / seconds;
    if rate < 10.0 {
        format!("{rate:.1}/s")
    } else {
        format!("{rate:.0}/s")
    }
}

/// A time that may be much shorter than a millisecond.
fn fine(time: Duration) -> String {
    if time < Duration::from_millis(10) {
        format!("{:.2} ms", time.as_secs_f64() * 1e3)
    } else {
        text::duration(time)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::Timestamp;

    use crate::delivery::Failure;
    use crate::delivery::attempt::Response;

    use super::*;

    fn attempt(result: Result<u16, Failure>, millis: u64) -> Attempt {
        Attempt {
            number: 1,
            target: "http://localhost:1/".to_owned(),
            started: Timestamp::UNIX_EPOCH,
            took: Duration::from_millis(millis),
            result: result.map(|status| Response {
                status,
                headers: Vec::new(),
                body: Bytes::new(),
                body_cut: false,
            }),
        }
    }

    #[test]
    fn a_summary_counts_answers_and_failures_and_times_only_answers() {
        let mut tally = Tally::default();
        for millis in 1..=9 {
            tally.add(&attempt(Ok(200), millis));
        }
        tally.add(&attempt(Ok(503), 40));
        let late = Failure::TimedOut(Duration::from_secs(10));
        tally.add(&attempt(Err(late), 10_000));
        assert_eq!((tally.refused(), tally.unanswered()), (1, 1));
        let summary = tally.text("11 events", Duration::from_secs(2));
        insta::assert_snapshot!(summary, @r"
        11 events, 11 attempts in 2 s (5.5/s).
        Answers  200 x 9, 503 x 1, timed out x 1
        Took     p50 5.05 ms, p95 40 ms, longest 40 ms
        ");
        let fields = Value::Object(tally.fields(Duration::from_secs(2)));
        assert_eq!(fields["statuses"]["200"], 9);
        assert_eq!(fields["failures"]["timed_out"], 1);
        assert_eq!(fields["longest_ms"], 40.0);
    }
}
