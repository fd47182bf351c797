use std::sync::Mutex;

use super::*;

fn armed(plan: &str) -> Armed {
    let mut armed = Armed::new(7);
    armed.arm(plan.parse().unwrap());
    armed
}

/// What the next `count` deliveries get when all are in every scope: a status, an ending, or
/// nothing.
fn answers(armed: &mut Armed, count: usize) -> Vec<String> {
    (0..count)
        .map(|_| told(armed.decide(1, |_| true).as_ref()))
        .collect()
}

fn told(decided: Option<&Decided>) -> String {
    match decided.map(|decided| &decided.reply) {
        None => "-".to_owned(),
        Some(None) => "ok".to_owned(),
        Some(Some(reply)) if reply.has_status() => reply.status.to_string(),
        Some(Some(reply)) => format!("{:?}", reply.ending).to_lowercase(),
    }
}

#[test]
fn the_next_deliveries_get_the_steps_in_order_and_then_nothing() {
    let mut armed = armed("503x2,hang,ok,500");
    assert_eq!(
        answers(&mut armed, 6),
        ["503", "503", "hang", "ok", "500", "-"]
    );
    assert!(armed.is_empty());
}

#[test]
fn rules_go_on_elsewhere_from_where_they_have_come_to() {
    let mut armed = armed("503x2,hang;each:429x2");
    answers(&mut armed, 2);
    let mut resumed = Armed::resumed(&armed.standings()).unwrap();
    assert_eq!(resumed.standings(), armed.standings());
    assert_eq!(answers(&mut resumed, 3), ["hang", "429", "429"]);
    assert_eq!(answers(&mut armed, 1), ["hang"]);
}

#[test]
fn a_decision_says_which_step_of_how_many_it_was() {
    let mut armed = armed("500x3,503");
    answers(&mut armed, 2);
    assert_eq!(armed.standings()[0].to_string(), "500x3,503 2/4");
    let decided = armed.decide(1, |_| true).unwrap();
    let by = AnsweredBy::Armed {
        rule: "500x3,503".to_owned(),
        step: 3,
        of: Some(4),
    };
    assert_eq!(decided.answered_by(), by);
}

#[test]
fn each_answers_by_the_attempt_of_the_event_and_is_never_spent() {
    let mut armed = armed("each:500x2,hang");
    let attempts = [1, 1, 2, 3, 4, 5, 2, 0, u32::MAX];
    let told: Vec<_> = attempts
        .map(|attempt| told(armed.decide(attempt, |_| true).as_ref()))
        .into();
    assert_eq!(
        told,
        ["500", "500", "500", "hang", "-", "-", "500", "500", "-"]
    );
    assert_eq!(armed.standings()[0].to_string(), "each:500x2,hang 6");
}

#[test]
fn always_begins_again_after_its_last_step() {
    let mut armed = armed("always:500x2,ok");
    assert_eq!(
        answers(&mut armed, 7),
        ["500", "500", "ok", "500", "500", "ok", "500"]
    );
}

#[test]
fn only_what_is_in_scope_takes_a_step() {
    let mut armed = armed("500x2@type:a");
    assert_eq!(armed.decide(1, |_| false), None);
    assert_eq!(answers(&mut armed, 1), ["500"]);
    assert_eq!(armed.decide(1, |_| false), None);
    assert_eq!(answers(&mut armed, 2), ["500", "-"]);
}

#[test]
fn the_first_rule_with_a_step_left_answers_and_the_others_wait() {
    let mut armed = armed("429x2;each:503;500");
    let told: Vec<_> = [1, 5, 1, 2, 2]
        .map(|attempt| told(armed.decide(attempt, |_| true).as_ref()))
        .into();
    assert_eq!(told, ["429", "429", "503", "500", "-"]);
}

#[test]
fn a_plan_armed_later_goes_first() {
    let mut armed = armed("500x2");
    answers(&mut armed, 1);
    armed.arm("503".parse().unwrap());
    let rules: Vec<_> = armed.standings().iter().map(Standing::to_string).collect();
    assert_eq!(rules, ["503 0/1", "500x2 1/2"]);
    assert_eq!(answers(&mut armed, 3), ["503", "500", "-"]);
}

#[test]
fn always_hides_what_stands_behind_it() {
    let mut armed = armed("always:reset;500");
    assert_eq!(answers(&mut armed, 2), ["reset", "reset"]);
    assert_eq!(armed.disarm(), 2);
    assert_eq!(answers(&mut armed, 1), ["-"]);
}

#[test]
fn a_percentage_depends_on_seed_and_position_alone() {
    let told = |armed: &mut Armed| answers(armed, 50);
    let mut first = armed("30%:500");
    let sequence = told(&mut first);
    assert_eq!(told(&mut armed("30%:500")), sequence);
    first.replace("30%:500".parse().unwrap());
    assert_eq!(told(&mut first), sequence);
    let mut later = Armed::new(7);
    answers(&mut later, 13);
    later.arm("30%:500".parse().unwrap());
    assert_eq!(told(&mut later), sequence);
    let mut other = Armed::new(8);
    other.arm("30%:500".parse().unwrap());
    assert_ne!(told(&mut other), sequence);
}

#[test]
fn what_a_percentage_leaves_goes_to_the_next_rule() {
    let sequence = answers(&mut armed("30%:500"), 50);
    let both = answers(&mut armed("30%:500;always:503"), 50);
    for (alone, told) in sequence.iter().zip(&both) {
        assert_eq!(told, if alone == "-" { "503" } else { "500" });
    }
}

#[test]
fn foreseeing_takes_no_step() {
    let mut armed = armed("500,503");
    let foreseen = armed.foresee(1, |_| true);
    assert_eq!(armed.decide(1, |_| true), foreseen);
    assert_eq!(told(armed.foresee(1, |_| true).as_ref()), "503");
}

#[test]
fn fifty_at_once_give_each_step_exactly_its_count() {
    let armed = Mutex::new(armed("500x20,503x15,hang,429x9,ok"));
    let told: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..50)
            .map(|_| scope.spawn(|| told(armed.lock().unwrap().decide(1, |_| true).as_ref())))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    for (answer, count) in [
        ("500", 20),
        ("503", 15),
        ("hang", 1),
        ("429", 9),
        ("ok", 1),
        ("-", 4),
    ] {
        let found = told.iter().filter(|told| *told == answer).count();
        assert_eq!(found, count, "{answer}");
    }
}

#[test]
fn the_greater_of_both_counts_is_the_attempt() {
    let sighting = |arrival| Sighting {
        arrival,
        ..Sighting::first()
    };
    let counted = |attempt| Recognition {
        attempt,
        ..Recognition::nothing()
    };
    for (ours, theirs, expected) in [(1, None, 1), (3, None, 3), (1, Some(3), 3), (4, Some(1), 4)] {
        assert_eq!(attempt(&counted(theirs), &sighting(ours)), expected);
    }
}

#[test]
fn the_app_sees_it_first_where_the_plan_says_so() {
    let decided = armed("after-forward:500").decide(1, |_| true).unwrap();
    assert!(decided.after_forward);
    assert_eq!(decided.rule, "after-forward:500");
}
