//! A plan as text: what the grammar reads back to the same plan.

use std::fmt::{Formatter, Result};

use super::answer::{Argument, Fault};
use super::plan::{How, Plan, Rule, Step};

pub(super) fn plan(plan: &Plan, formatter: &mut Formatter<'_>) -> Result {
    separated(formatter, ";", &plan.rules, |rule_, formatter| {
        rule(rule_, formatter)
    })
}

pub(super) fn rule(rule: &Rule, formatter: &mut Formatter<'_>) -> Result {
    if rule.after_forward {
        formatter.write_str("after-forward:")?;
    }
    match rule.how {
        How::Next => {}
        How::Each => formatter.write_str("each:")?,
        How::Always => formatter.write_str("always:")?,
        How::Percent(percent) => write!(formatter, "{percent}%:")?,
    }
    separated(formatter, ",", &rule.steps, step)?;
    if !rule.scope.is_all() {
        write!(formatter, "@{}", rule.scope)?;
    }
    Ok(())
}

fn step(step: &Step, formatter: &mut Formatter<'_>) -> Result {
    fault(&step.fault, formatter)?;
    match step.count {
        1 => Ok(()),
        count => write!(formatter, "x{count}"),
    }
}

fn fault(fault: &Fault, formatter: &mut Formatter<'_>) -> Result {
    match fault {
        Fault::Status(status, arguments) => {
            write!(formatter, "{status}")?;
            if arguments.is_empty() {
                return Ok(());
            }
            formatter.write_str("(")?;
            separated(formatter, " ", arguments, argument)?;
            formatter.write_str(")")
        }
        Fault::Delay(span, 200) => write!(formatter, "delay({span})"),
        Fault::Delay(span, status) => write!(formatter, "delay({span} {status})"),
        Fault::Drip(span) => write!(formatter, "drip({span})"),
        Fault::Hang => formatter.write_str("hang"),
        Fault::Hold => formatter.write_str("hold"),
        Fault::Reset => formatter.write_str("reset"),
        Fault::Close => formatter.write_str("close"),
        Fault::Cut => formatter.write_str("cut"),
        Fault::Garbage => formatter.write_str("garbage"),
        Fault::Ok => formatter.write_str("ok"),
    }
}

fn argument(argument: &Argument, formatter: &mut Formatter<'_>) -> Result {
    match argument {
        Argument::After(span) => write!(formatter, "after={span}"),
        Argument::Body(body) => pair(formatter, "body", body),
        Argument::Header(name, text) => pair(formatter, name, text),
    }
}

fn pair(formatter: &mut Formatter<'_>, key: &str, value: &str) -> Result {
    if is_plain(value) {
        write!(formatter, "{key}={value}")
    } else {
        write!(formatter, "{key}={}", serde_json::Value::from(value))
    }
}

/// Whether a value needs no quotes.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && !value.starts_with('"') && !value.contains(ends_value)
}

/// Whether a value without quotes ends before this character.
pub(super) fn ends_value(character: char) -> bool {
    character.is_whitespace() || character.is_control() || character == ')'
}

fn separated<T>(
    formatter: &mut Formatter<'_>,
    separator: &str,
    items: &[T],
    print: impl Fn(&T, &mut Formatter<'_>) -> Result,
) -> Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            formatter.write_str(separator)?;
        }
        print(item, formatter)?;
    }
    Ok(())
}
