//! What the delivery is: the ten lines to read first.

use super::page::Page;
use super::{Subject, value_of};
use crate::delivery::{Delivery, EventIdSource, Turn};
use crate::export::answer as answers;
use crate::export::forwarded::forwarded;
use crate::export::paint::Role;
use crate::export::{clock, event, verdict};
use crate::text;

pub(super) fn write(page: &mut Page, subject: &Subject<'_>) {
    let delivery = subject.delivery;
    let recognition = &delivery.arrival.recognition;
    page.heading(&format!("Delivery {}", delivery.id));
    page.row("Event", event_line(delivery));
    page.row("Type", event::kind(delivery));
    page.row("Provider", provider_line(delivery));
    page.optional_row(
        "Task",
        recognition
            .task_id
            .as_ref()
            .map(|id| text::line(id.as_bytes())),
    );
    page.optional_row(
        "Run",
        recognition
            .run_id
            .as_ref()
            .map(|id| text::line(id.as_bytes())),
    );
    page.row("Attempt", attempt_line(subject));
    page.row("Received", received_line(subject));
    page.row("Request", request_line(delivery));
    page.optional_row("Via", via_line(delivery));
    page.row("Body", body_line(subject));
    page.painted_row(
        "Signature",
        answers::signature_role(delivery),
        signature_line(delivery),
    );
    page.painted_row("Answer", answers::role(delivery), answer_line(subject));
    if let Some(defect) = &delivery.request().defect {
        page.painted_row(
            "Defect",
            Role::Bad,
            format_args!("{} ({})", defect.why(), defect.status()),
        );
    }
    if delivery.arrival.sighting.conflict {
        let note = "the same event id came with another body before";
        page.painted_row("Conflict", Role::Bad, note);
    }
}

fn event_line(delivery: &Delivery) -> String {
    let Some((_, source)) = &delivery.arrival.recognition.event_id else {
        return "- (nothing tells it from other events)".to_owned();
    };
    let from = match source {
        EventIdSource::Header => "from the header",
        EventIdSource::Body => "from the body",
        EventIdSource::Task => "inferred from task id and status",
        EventIdSource::Run => "inferred from the run id",
        EventIdSource::Hash => "inferred: a hash of the body",
    };
    format!("{}  ({from})", event::id(delivery))
}

fn provider_line(delivery: &Delivery) -> String {
    let recognition = &delivery.arrival.recognition;
    let provider = recognition.provider;
    match recognition.envelope.name() {
        "unknown" => provider.to_string(),
        envelope => format!("{provider}, {envelope} envelope"),
    }
}

fn attempt_line(subject: &Subject<'_>) -> String {
    let delivery = subject.delivery;
    let among = subject.counted_apart().map_or("", |valid| match valid {
        true => " with a valid signature",
        false => " without a valid signature",
    });
    let sighting = &delivery.arrival.sighting;
    let number = event::attempt(delivery);
    let arrival = sighting.arrival;
    match sighting.turn {
        Turn::First => format!("{number}: the first arrival of its event{among}"),
        Turn::Retry => format!("{number}: a retry, arrival {arrival} of its event{among}"),
        Turn::Duplicate => {
            format!(
                "{number}: a duplicate, arrival {arrival} of an event that was acknowledged{among}"
            )
        }
    }
}

fn received_line(subject: &Subject<'_>) -> String {
    let arrived = subject.delivery.request().times.arrived;
    let ago = text::duration(clock::between(arrived, subject.now));
    format!("{}  ({ago} ago)", clock::rfc3339(arrived))
}

fn request_line(delivery: &Delivery) -> String {
    let request = delivery.request();
    let peer = request.peer;
    match request.head.version() {
        None => format!("not readable as HTTP, from {peer}"),
        Some(version) => format!(
            "{} {} {version}, from {peer}",
            text::line(request.head.method().as_bytes()),
            text::line(request.head.target()),
        ),
    }
}

fn via_line(delivery: &Delivery) -> Option<String> {
    let found = forwarded(&delivery.request().head);
    if found.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    parts.extend(found.tunnel.map(|tunnel| tunnel.name().to_owned()));
    parts.extend(
        found
            .client
            .map(|client| format!("for {}", text::line(client))),
    );
    parts.extend(found.host.map(|host| format!("to {}", text::line(host))));
    parts.extend(
        found
            .scheme
            .map(|scheme| format!("over {}", text::line(scheme))),
    );
    Some(format!("{}  (so the headers say)", parts.join(" ")))
}

fn body_line(subject: &Subject<'_>) -> String {
    let request = subject.delivery.request();
    let kind = value_of(request.head.headers(), "content-type").map(text::line);
    let cut = if request.is_whole() {
        ""
    } else {
        ", as far as it came"
    };
    let digest: String = subject
        .body_sha256
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!(
        "{}{cut}, {}, sha256 {digest}",
        text::bytes(request.body.len() as u64),
        kind.unwrap_or("no type".into()),
    )
}

fn signature_line(delivery: &Delivery) -> String {
    let verdict = &delivery.arrival.verdict;
    format!("{}: {}", verdict.validity(), verdict::phrase(verdict))
}

fn answer_line(subject: &Subject<'_>) -> String {
    let delivery = subject.delivery;
    let because = subject.because(delivery);
    let word = answers::word(delivery);
    let by = answers::by_because(delivery, because);
    let took = answers::took(delivery).map(text::duration);
    let after = |took| format!(" after {took}");
    let took = took.map(after).unwrap_or_default();
    let because = because.map(|because| format!(": {}", text::line(because.as_bytes())));
    format!("{word} by {by}{took}{}", because.unwrap_or_default())
}
