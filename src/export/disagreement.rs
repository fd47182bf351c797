//! The signature is valid, and the app refused the delivery all the same: what that means.

use crate::delivery::{AnsweredBy, Delivery, Validity};

/// In one phrase, for lists; `None` when app and verdict agree.
#[must_use]
pub fn phrase(delivery: &Delivery) -> Option<String> {
    let status = refusal(delivery)?;
    Some(format!(
        "the app says {status} to a valid signature: it sees another body, secret or clock"
    ))
}

/// The causes, likeliest first, each with its fix in the common frameworks.
#[must_use]
pub fn advice(delivery: &Delivery) -> Vec<(&'static str, &'static str)> {
    if refusal(delivery).is_none() {
        return Vec::new();
    }
    vec![
        (
            "Body",
            "the framework parsed the body before the check. Express: express.raw({ type: \
             \"application/json\" }) on this route, before express.json(). Flask: \
             request.get_data(). FastAPI: await request.body(). Django: request.body. Next.js: \
             await request.text(), or bodyParser: false in the pages router. Rails: \
             request.raw_post. Spring: @RequestBody byte[]",
        ),
        (
            "Secret",
            "the app holds another secret than this listener, or has trimmed, quoted or decoded \
             it: the key is the whole text, sk_whsec_ included",
        ),
        (
            "Clock",
            "the app's clock (a container, a virtual machine) is more than 300 s off: compare \
             date -u there and here",
        ),
    ]
}

fn refusal(delivery: &Delivery) -> Option<u16> {
    let answer = &delivery.arrival.answer;
    let valid = delivery.arrival.verdict.validity() == Validity::Valid;
    let refused = answer.by == AnsweredBy::App && matches!(answer.reply.status, 401 | 403);
    (valid && refused).then_some(answer.reply.status)
}
