//! Rows back into a delivery, or the reason why they are not what was written.

use std::borrow::Cow;
use std::collections::HashSet;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::delivery::{
    Answer, AnsweredBy, Arrival, Confidence, Defect, Delivery, DeliveryId, Diagnosis, Disagreement,
    Ending, Envelope, EventIdSource, Finding, Head, Outcome, Provider, Reason, Recognition, Reply,
    Request, Scheme, Settlement, Sighting, Times, Turn, Verdict,
};

use super::columns::{Columns, ReadError, Result, unknown};
use super::contents::{self, Contents};
use super::encode::FindingRow;
use super::fields;
use super::numbers::{after, count, duration, timestamp};

const SELECT: &str = "SELECT d.event, d.arrived, d.provider, d.event_id, d.event_id_from, \
     d.reason, d.status, d.answered_by, d.ending, d.turn, d.arrival, d.conflict, d.event_type, \
     d.attempt, d.body_sha256, d.peer, d.head_after, d.body_after, d.version, d.envelope, \
     d.task_id, d.run_id, d.scheme, d.age_seconds, d.secret_index, d.v1_index, \
     d.matches_ignoring_time, d.key_hint, d.non_canonical, d.delay, d.drip, d.rule, d.rule_step, \
     d.rule_of, d.defect, d.defect_status, d.defect_why, d.disagreements, c.digest, c.head, \
     CASE WHEN d.body_bytes <= ?2 THEN c.body END, c.trailers, c.answer_headers, c.answer_body, \
     s.at, s.outcome, g.findings, g.tried, g.not_tried FROM deliveries d LEFT JOIN contents c ON c.seq = d.seq \
     LEFT JOIN settlements s ON s.seq = d.seq LEFT JOIN diagnoses g ON g.seq = d.seq \
     WHERE d.seq = ?1";

/// The delivery with this number, if there is one and it is what was written.
pub(super) fn delivery(connection: &Connection, id: DeliveryId) -> Result<Option<Delivery>> {
    connection
        .prepare_cached(SELECT)?
        .query_row([count(id.get()), contents::AT_ONCE], |row| {
            Ok(read(connection, id, row))
        })
        .optional()?
        .transpose()
}

fn read(connection: &Connection, id: DeliveryId, row: &Row<'_>) -> Result<Delivery> {
    let columns = &mut Columns::of(row);
    let event: i64 = columns.take()?;
    let arrived: i64 = columns.take()?;
    let provider = columns.named(|name| Provider::from_str(name).ok())?;
    let event_id: Option<String> = columns.take()?;
    let event_id_from = columns.named_or_none(EventIdSource::from_name)?;
    let reason = columns.named(Reason::from_name)?;
    let status: u16 = columns.take()?;
    let answered_by: String = columns.take()?;
    let ending: String = columns.take()?;
    let turn = columns.named(Turn::from_name)?;
    let arrival: u32 = columns.take()?;
    let conflict: bool = columns.take()?;
    let event_type: Option<String> = columns.take()?;
    let attempt: Option<u32> = columns.take()?;
    let body_sha256: [u8; 32] = columns.take()?;
    let peer: String = columns.take()?;
    let times = Times {
        arrived: timestamp(arrived),
        head: after(arrived, columns.take()?),
        body: after(arrived, columns.take()?),
    };
    let version: Option<String> = columns.take()?;
    let envelope = columns.named(Envelope::from_name)?;
    let task_id: Option<String> = columns.take()?;
    let run_id: Option<String> = columns.take()?;
    let verdict = verdict(reason, columns)?;
    let delay = duration(columns.take()?);
    let ending = planned_ending(&ending, columns.take()?)?;
    let by = answerer(&answered_by, columns)?;
    let defect = defect(columns)?;
    let disagreements = disagreements(columns.take()?)?;
    let contents = Contents::read(connection, id, columns, &body_sha256)?;
    let head = match version {
        None => Head::unreadable(contents.head),
        Some(_) => Head::parse(contents.head)
            .map_err(|error| ReadError::Damaged(format!("its head is unreadable: {error}")))?,
    };
    Ok(Delivery {
        id,
        arrival: Arc::new(Arrival {
            request: Request {
                head,
                body: contents.body,
                trailers: fields::read(&contents.trailers),
                peer: peer.parse().map_err(|_| unknown(&peer))?,
                times,
                defect,
            },
            recognition: Recognition {
                provider,
                envelope,
                event_id: event_id.zip(event_id_from),
                event_type,
                attempt,
                task_id,
                run_id,
                disagreements,
            },
            verdict,
            sighting: Sighting {
                turn,
                arrival,
                first: first(id, event),
                conflict,
            },
            answer: Answer {
                reply: Reply {
                    status,
                    headers: fields::read(&contents.answer_headers),
                    body: contents.answer_body,
                    delay,
                    ending,
                },
                by,
            },
        }),
        settlement: settlement(columns)?,
        diagnosis: diagnosis(columns)?,
    })
}

/// The first delivery of the event, unless it is this one.
fn first(id: DeliveryId, event: i64) -> Option<DeliveryId> {
    u64::try_from(event)
        .ok()
        .and_then(DeliveryId::new)
        .filter(|first| *first != id)
}

fn verdict(reason: Reason, columns: &mut Columns<'_>) -> Result<Verdict> {
    let index = |number: Option<i64>| number.and_then(|number| usize::try_from(number).ok());
    Ok(Verdict {
        reason,
        scheme: columns.named_or_none(Scheme::from_name)?,
        age_seconds: columns.take()?,
        matched_secret_index: index(columns.take()?),
        matched_v1_index: index(columns.take()?),
        signature_matches_ignoring_time: columns.take()?,
        key_hint: columns.take()?,
        non_canonical: columns
            .take::<Option<String>>()?
            .map(|phrase| interned(&phrase)),
    })
}

pub(super) fn planned_ending(name: &str, drip: Option<i64>) -> Result<Ending> {
    Ok(match name {
        "normal" => Ending::Normal,
        "hang" => Ending::Hang,
        "hold" => Ending::Hold,
        "reset" => Ending::Reset,
        "close" => Ending::Close,
        "cut" => Ending::Cut,
        "garbage" => Ending::Garbage,
        "drip" => Ending::Drip(duration(drip.unwrap_or(0))),
        other => return Err(unknown(other)),
    })
}

fn answerer(name: &str, columns: &mut Columns<'_>) -> Result<AnsweredBy> {
    let rule: Option<String> = columns.take()?;
    let step: Option<i64> = columns.take()?;
    let of: Option<i64> = columns.take()?;
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(match name {
        "default" => AnsweredBy::Default,
        "signature" => AnsweredBy::Signature,
        "duplicate" => AnsweredBy::Duplicate,
        "armed" => AnsweredBy::Armed {
            rule: rule.unwrap_or_default(),
            step: step.map_or(0, number),
            of: of.map(number),
        },
        "app" => AnsweredBy::App,
        "defect" => AnsweredBy::Defect,
        "path" => AnsweredBy::Path,
        "person" => AnsweredBy::Person,
        "unstored" => AnsweredBy::Unstored,
        other => return Err(unknown(other)),
    })
}

fn defect(columns: &mut Columns<'_>) -> Result<Option<Defect>> {
    let name: Option<String> = columns.take()?;
    let status: Option<u16> = columns.take()?;
    let why: Option<String> = columns.take()?;
    Ok(match name.as_deref() {
        None => None,
        Some("body_too_large") => Some(Defect::BodyTooLarge),
        Some("body_incomplete") => Some(Defect::BodyIncomplete),
        Some("body_timed_out") => Some(Defect::BodyTimedOut),
        Some("malformed") => Some(Defect::Malformed {
            status: status.unwrap_or(400),
            why: Cow::Owned(why.unwrap_or_default()),
        }),
        Some(other) => return Err(unknown(other)),
    })
}

fn disagreements(json: Option<String>) -> Result<Vec<Disagreement>> {
    let Some(json) = json else {
        return Ok(Vec::new());
    };
    let rows: Vec<(String, String, String, String)> = serde_json::from_str(&json)
        .map_err(|error| ReadError::Damaged(format!("its disagreements: {error}")))?;
    let read =
        |(header, header_says, field, field_says): (String, String, String, String)| Disagreement {
            header: interned(&header),
            header_says,
            field: interned(&field),
            field_says,
        };
    Ok(rows.into_iter().map(read).collect())
}

fn settlement(columns: &mut Columns<'_>) -> Result<Option<Settlement>> {
    let at: Option<i64> = columns.take()?;
    let outcome = columns.named_or_none(Outcome::from_name)?;
    Ok(at.zip(outcome).map(|(at, outcome)| Settlement {
        outcome,
        at: timestamp(at),
    }))
}

fn diagnosis(columns: &mut Columns<'_>) -> Result<Option<Diagnosis>> {
    let findings: Option<String> = columns.take()?;
    let tried: Option<i64> = columns.take()?;
    let not_tried: Option<String> = columns.take()?;
    let Some(findings) = findings else {
        return Ok(None);
    };
    let rows: Vec<FindingRow> = serde_json::from_str(&findings)
        .map_err(|error| ReadError::Damaged(format!("its diagnosis: {error}")))?;
    let findings = rows.into_iter().map(|row| Finding {
        candidate: row.candidate,
        matches: row.matches,
        confidence: Confidence::from_name(&row.confidence).unwrap_or(Confidence::Low),
        explanation: row.explanation,
        fix: row.fix,
    });
    Ok(Some(Diagnosis {
        findings: findings.collect(),
        tried: u64::try_from(tried.unwrap_or(0)).unwrap_or(0),
        not_tried,
    }))
}

/// A word that lives as long as the program. The words come from our own code, so they are few; a
/// file that holds other ones gets no more than this many of them kept.
fn interned(word: &str) -> &'static str {
    const MOST: usize = 256;
    static WORDS: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    let words = words.get_or_insert_default();
    if let Some(known) = words.get(word) {
        return known;
    }
    if words.len() >= MOST {
        return "?";
    }
    let kept: &'static str = Box::leak(word.to_owned().into_boxed_str());
    words.insert(kept);
    kept
}
