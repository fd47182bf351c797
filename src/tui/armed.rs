//! An armed rule in a few words, for the status line.

use super::world::ArmedRule;

/// The answer and the scope of a rule: `500` and `type:find_email` of `each:500x3@type:find_email`.
#[must_use]
pub(super) fn parts(rule: &str) -> (&str, Option<&str>) {
    let (steps, scope) = match rule.split_once('@') {
        Some((steps, scope)) => (steps, Some(scope)),
        None => (rule, None),
    };
    let step = ["after-forward:", "next:", "each:", "always:"]
        .into_iter()
        .fold(steps, |left, how| left.strip_prefix(how).unwrap_or(left));
    let step = match step.split_once("%:") {
        Some((percent, step)) if percent.bytes().all(|byte| byte.is_ascii_digit()) => step,
        _ => step,
    };
    (without_count(step), scope)
}

/// `500` of `500x3`; a sequence stays as it is.
fn without_count(step: &str) -> &str {
    match step.rsplit_once('x') {
        Some((answer, count))
            if !answer.contains(',')
                && !count.is_empty()
                && count.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            answer
        }
        _ => step,
    }
}

/// When a rule without an end answers: `each x3` of `each:500x3`, `30%` of `30%:500`, `always`.
fn endless(rule: &str) -> String {
    let rule = rule.strip_prefix("after-forward:").unwrap_or(rule);
    let steps = rule.split('@').next().unwrap_or(rule);
    if let Some(steps) = steps.strip_prefix("each:") {
        let count = &steps[without_count(steps).len()..];
        return format!("each {count}").trim_end().to_owned();
    }
    match steps.split_once("%:") {
        Some((percent, _)) => format!("{percent}%"),
        None => "always".to_owned(),
    }
}

/// `ARMED 500 3/5 find_email`, `ARMED 2 rules`, `not armed`.
#[must_use]
pub(super) fn word(rules: &[ArmedRule], long: bool) -> String {
    match rules {
        [] => "not armed".to_owned(),
        [rule] => {
            let (step, scope) = parts(&rule.text);
            let step = crate::text::line(step.as_bytes()).into_owned();
            let step = match step
                .strip_prefix("delay(")
                .and_then(|step| step.strip_suffix(')'))
            {
                Some(time) => format!("delay {time}"),
                None => step,
            };
            let progress = match rule.of {
                Some(of) => format!("{}/{of}", rule.done),
                None => endless(&rule.text),
            };
            let whom = scope
                .and_then(|scope| scope.strip_prefix("type:"))
                .filter(|kind| long && !kind.contains(' '))
                .map_or_else(String::new, |kind| {
                    format!(" {}", crate::text::line(kind.as_bytes()))
                });
            let step = crate::text::clip(&step, 14).into_owned();
            format!("ARMED {step} {progress}{whom}")
        }
        rules => format!("ARMED {} rules", rules.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str, done: u64, of: Option<u64>) -> ArmedRule {
        ArmedRule {
            text: text.to_owned(),
            done,
            of,
        }
    }

    #[test]
    fn a_rule_is_told_by_its_answer_its_progress_and_its_type() {
        let one = |rule| word(&[rule], true);
        assert_eq!(
            one(rule("500x5@type:find_email", 3, Some(5))),
            "ARMED 500 3/5 find_email"
        );
        assert_eq!(one(rule("delay(12s)", 0, Some(1))), "ARMED delay 12s 0/1");
        assert_eq!(one(rule("always:reset", 7, None)), "ARMED reset always");
        assert_eq!(one(rule("30%:503", 7, None)), "ARMED 503 30%");
        assert_eq!(
            one(rule("each:500x2@type:find_phone", 7, None)),
            "ARMED 500 each x2 find_phone"
        );
        assert_eq!(one(rule("each:reset", 7, None)), "ARMED reset each");
        assert_eq!(word(&[], true), "not armed");
    }

    #[test]
    fn two_rules_are_counted() {
        let rules = [rule("500x1", 0, Some(1)), rule("each:reset", 0, None)];
        assert_eq!(word(&rules, true), "ARMED 2 rules");
    }
}
