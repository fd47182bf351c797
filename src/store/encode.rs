//! An arrival, and what became of it, into rows.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, MAIN_DB, params};
use serde::{Deserialize, Serialize};

use crate::delivery::{
    AnsweredBy, Defect, DeliveryId, Diagnosis, Ending, Settlement, Verdict, Version,
};

use super::attempts::Outgoing;
use super::numbers::{between, count, length, nanoseconds, span};
use super::seal::Sealed;

const DELIVERY: &str = "INSERT INTO deliveries (seq, event, arrived, provider, event_id, \
     event_id_from, reason, status, answered_by, ending, turn, arrival, conflict, event_type, \
     attempt, method, target, body_bytes, body_sha256, peer, head_after, body_after, version, \
     envelope, task_id, run_id, scheme, age_seconds, secret_index, v1_index, \
     matches_ignoring_time, key_hint, non_canonical, delay, drip, rule, rule_step, rule_of, \
     defect, defect_status, defect_why, disagreements) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, \
     ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, \
     ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39, ?40, ?41, ?42)";

const CONTENT: &str = "INSERT INTO contents (seq, digest, head, trailers, answer_headers, \
     answer_body, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// A body of more bytes is written into room that was made for it: in a row it would be in memory
/// three times.
const AT_ONCE: usize = 1 << 20;

fn body_value(body: &[u8]) -> ToSqlOutput<'_> {
    if body.len() > AT_ONCE {
        ToSqlOutput::ZeroBlob(body.len() as u64)
    } else {
        ToSqlOutput::Borrowed(ValueRef::Blob(body))
    }
}

/// The statements that every arrival needs, looked up once for a whole batch.
pub(super) struct Inserts<'a> {
    connection: &'a Connection,
    delivery: CachedStatement<'a>,
    content: CachedStatement<'a>,
}

impl<'a> Inserts<'a> {
    pub(super) fn new(connection: &'a Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            delivery: connection.prepare_cached(DELIVERY)?,
            content: connection.prepare_cached(CONTENT)?,
        })
    }

    /// Writes one arrival as the delivery with this number.
    pub(super) fn write(&mut self, seq: i64, sealed: &Sealed) -> rusqlite::Result<()> {
        let arrival = &*sealed.arrival;
        let (request, recognition) = (&arrival.request, &arrival.recognition);
        let (sighting, verdict) = (&arrival.sighting, &arrival.verdict);
        let reply = &arrival.answer.reply;
        let event = sighting.first.map_or(seq, |first| count(first.get()));
        let (event_id, event_id_from) = match &recognition.event_id {
            Some((id, from)) => (Some(id.as_str()), Some(from.name())),
            None => (None, None),
        };
        let (ending, drip) = ending(reply.ending);
        let (rule, rule_step, rule_of) = rule(&arrival.answer.by);
        let (defect, defect_status, defect_why) = defect(request.defect.as_ref());
        let version = request.head.version().map(Version::name);
        let (secret_index, v1_index) = indices(verdict);
        self.delivery.execute(params![
            seq,
            event,
            nanoseconds(request.times.arrived),
            recognition.provider.name(),
            event_id,
            event_id_from,
            verdict.reason.name(),
            reply.status,
            arrival.answer.by.name(),
            ending,
            sighting.turn.name(),
            sighting.arrival,
            sighting.conflict,
            recognition.event_type,
            recognition.attempt,
            request.head.method(),
            sealed.target(),
            length(&request.body),
            sealed.body_sha256,
            sealed.peer,
            between(request.times.arrived, request.times.head),
            between(request.times.arrived, request.times.body),
            version,
            recognition.envelope.name(),
            recognition.task_id,
            recognition.run_id,
            verdict.scheme.map(crate::delivery::Scheme::name),
            verdict.age_seconds,
            secret_index,
            v1_index,
            verdict.signature_matches_ignoring_time,
            verdict.key_hint,
            verdict.non_canonical,
            span(reply.delay),
            drip,
            rule,
            rule_step,
            rule_of,
            defect,
            defect_status,
            defect_why,
            sealed.disagreements,
        ])?;
        let answer_body = (!reply.body.is_empty()).then_some(&reply.body[..]);
        self.content.execute(params![
            seq,
            sealed.digest,
            &request.head.raw()[..],
            sealed.trailers,
            sealed.answer_headers,
            answer_body,
            body_value(&request.body),
        ])?;
        if request.body.len() > AT_ONCE {
            self.connection
                .blob_open(MAIN_DB, "contents", "body", seq, false)?
                .write_all_at(&request.body, 0)?;
        }
        Ok(())
    }
}

fn ending(ending: Ending) -> (&'static str, Option<i64>) {
    match ending {
        Ending::Normal => ("normal", None),
        Ending::Hang => ("hang", None),
        Ending::Hold => ("hold", None),
        Ending::Reset => ("reset", None),
        Ending::Close => ("close", None),
        Ending::Cut => ("cut", None),
        Ending::Garbage => ("garbage", None),
        Ending::Drip(over) => ("drip", Some(span(over))),
    }
}

fn rule(by: &AnsweredBy) -> (Option<&str>, Option<i64>, Option<i64>) {
    match by {
        AnsweredBy::Armed { rule, step, of } => (Some(rule), Some(count(*step)), of.map(count)),
        _ => (None, None, None),
    }
}

fn defect(defect: Option<&Defect>) -> (Option<&'static str>, Option<u16>, Option<&str>) {
    match defect {
        None => (None, None, None),
        Some(Defect::BodyTooLarge) => (Some("body_too_large"), None, None),
        Some(Defect::BodyIncomplete) => (Some("body_incomplete"), None, None),
        Some(Defect::BodyTimedOut) => (Some("body_timed_out"), None, None),
        Some(Defect::Malformed { status, why }) => (Some("malformed"), Some(*status), Some(why)),
    }
}

fn indices(verdict: &Verdict) -> (Option<i64>, Option<i64>) {
    let number = |index: Option<usize>| index.and_then(|index| i64::try_from(index).ok());
    (
        number(verdict.matched_secret_index),
        number(verdict.matched_v1_index),
    )
}

/// Writes what the peer really got.
pub(super) fn settlement(
    connection: &Connection,
    id: DeliveryId,
    settlement: &Settlement,
) -> rusqlite::Result<()> {
    let values = params![
        count(id.get()),
        nanoseconds(settlement.at),
        settlement.outcome.name(),
    ];
    // REPLACE would keep a journal of every such statement, in case it has to be undone.
    let insert = "INSERT OR IGNORE INTO settlements (seq, at, outcome) VALUES (?1, ?2, ?3)";
    if connection.prepare_cached(insert)?.execute(values)? == 0 {
        let update = "UPDATE settlements SET at = ?2, outcome = ?3 WHERE seq = ?1";
        connection.prepare_cached(update)?.execute(values)?;
    }
    Ok(())
}

/// One finding as JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FindingRow {
    pub(super) candidate: String,
    pub(super) matches: bool,
    pub(super) confidence: String,
    pub(super) explanation: String,
    pub(super) fix: String,
}

/// Writes why a signature does not match.
pub(super) fn diagnosis(
    connection: &Connection,
    id: DeliveryId,
    diagnosis: &Diagnosis,
) -> rusqlite::Result<()> {
    let findings: Vec<FindingRow> = diagnosis
        .findings
        .iter()
        .map(|finding| FindingRow {
            candidate: finding.candidate.clone(),
            matches: finding.matches,
            confidence: finding.confidence.name().to_owned(),
            explanation: finding.explanation.clone(),
            fix: finding.fix.clone(),
        })
        .collect();
    let findings = serde_json::to_string(&findings).unwrap_or_else(|_| "[]".to_owned());
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO diagnoses (seq, findings, tried, not_tried) \
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            count(id.get()),
            findings,
            count(diagnosis.tried),
            diagnosis.not_tried,
        ])?;
    Ok(())
}

/// Writes one outgoing request and what came back.
pub(super) fn attempt(
    connection: &Connection,
    id: DeliveryId,
    outgoing: &Outgoing,
) -> rusqlite::Result<()> {
    let row = outgoing.row();
    connection
        .prepare_cached(
            "INSERT INTO attempts (seq, origin, number, target, started, took, status, failure, \
             failure_detail, body_cut) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            count(id.get()),
            outgoing.origin.name(),
            outgoing.attempt.number,
            outgoing.attempt.target,
            nanoseconds(outgoing.attempt.started),
            span(outgoing.attempt.took),
            row.status,
            row.failure,
            row.failure_detail,
            row.body_cut,
        ])?;
    connection
        .prepare_cached(
            "INSERT INTO attempt_contents (id, headers, body, request_head, request_body) \
             VALUES (last_insert_rowid(), ?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            row.headers,
            row.body,
            outgoing.sent.as_ref().map(|sent| &sent.head[..]),
            outgoing.sent.as_ref().and_then(|sent| sent.body.as_deref()),
        ])?;
    Ok(())
}
