//! What is different between two looks: one thing worth telling, if there is any.

use super::{Found, Tunnels};

/// What happened to the tunnel that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// There was none, and now there is this one.
    Appeared(Found),
    /// This one is no longer there, and there is no other.
    Gone(Found),
    /// Another URL is the right one now: providers still have the old one.
    Moved {
        /// The one before.
        from: Found,
        /// The one now.
        to: Found,
    },
    /// This one leads elsewhere: it did reach us or might have, or it is new and none does.
    Misdirected(Found),
}

/// The change from one look to the next; `None` for the first of them is [`Tunnels::default`].
#[must_use]
pub fn compare(before: &Tunnels, after: &Tunnels) -> Option<Change> {
    match (before.best(), after.best()) {
        (None, Some(now)) => Some(Change::Appeared(now.clone())),
        (Some(then), Some(now)) if then.public != now.public => {
            // Whoever was told the old URL has to know if it now leads somewhere else.
            let moved = Change::Moved {
                from: then.clone(),
                to: now.clone(),
            };
            Some(turned_away(then, after).unwrap_or(moved))
        }
        (Some(then), None) => {
            Some(turned_away(then, after).unwrap_or_else(|| Change::Gone(then.clone())))
        }
        _ => newly_misdirected(before, after),
    }
}

/// What reached us under this URL leads elsewhere now, and no longer here.
fn turned_away(then: &Found, after: &Tunnels) -> Option<Change> {
    if after.offers(&then.public) {
        return None;
    }
    let mut elsewhere = after.elsewhere.iter();
    let same = elsewhere.find(|found| found.public == then.public)?;
    Some(Change::Misdirected(same.clone()))
}

fn newly_misdirected(before: &Tunnels, after: &Tunnels) -> Option<Change> {
    let is_new = |found: &&Found| !before.misdirected().any(|other| other == *found);
    let new = after.misdirected().find(is_new)?;
    Some(Change::Misdirected(new.clone()))
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::super::tests::found;
    use super::*;

    const A: &str = "https://a.ngrok.app";
    const B: &str = "https://b.ngrok.app";

    fn ngrok(url: &str, upstream: &str) -> Found {
        found(Kind::Ngrok, url, Some(upstream))
    }

    fn tunnels(list: &[Found]) -> Tunnels {
        Tunnels::sort(6464, list.to_vec())
    }

    #[track_caller]
    fn check(before: &[Found], after: &[Found], expected: Option<&Change>) {
        let change = compare(&tunnels(before), &tunnels(after));
        assert_eq!(change.as_ref(), expected);
    }

    #[test]
    fn a_tunnel_appears_stays_and_goes() {
        let ours = ngrok(A, "6464");
        check(
            &[],
            std::slice::from_ref(&ours),
            Some(&Change::Appeared(ours.clone())),
        );
        check(
            std::slice::from_ref(&ours),
            std::slice::from_ref(&ours),
            None,
        );
        check(
            std::slice::from_ref(&ours),
            &[],
            Some(&Change::Gone(ours.clone())),
        );
        check(&[], &[], None);
    }

    #[test]
    fn a_new_url_is_told_together_with_the_old_one() {
        let moved = Change::Moved {
            from: ngrok(A, "6464"),
            to: ngrok(B, "6464"),
        };
        check(&[ngrok(A, "6464")], &[ngrok(B, "6464")], Some(&moved));
    }

    #[test]
    fn a_url_that_turns_to_another_port_is_not_just_gone() {
        let turned = Change::Misdirected(ngrok(A, "3000"));
        check(&[ngrok(A, "6464")], &[ngrok(A, "3000")], Some(&turned));
        check(
            &[ngrok(A, "6464")],
            &[ngrok(A, "3000"), ngrok(B, "6464")],
            Some(&turned),
        );
        // The other tunnel was there all along: what is gone is ours.
        let both = [ngrok(A, "6464"), ngrok(B, "3000")];
        check(&both, &both[1..], Some(&Change::Gone(ngrok(A, "6464"))));
    }

    #[test]
    fn a_tunnel_to_another_port_is_told_once_and_only_while_none_reaches_us() {
        let elsewhere = [ngrok(A, "3000")];
        check(
            &[],
            &elsewhere,
            Some(&Change::Misdirected(ngrok(A, "3000"))),
        );
        check(&elsewhere, &elsewhere, None);
        check(&elsewhere, &[], None);
        let ours = [ngrok(B, "6464")];
        check(&ours, &[ngrok(A, "3000"), ngrok(B, "6464")], None);
    }

    #[test]
    fn a_given_url_whose_agent_leads_elsewhere_is_told() {
        let given = found(Kind::Given, A, None);
        let after = [given.clone(), ngrok(A, "3000")];
        check(
            &[given],
            &after,
            Some(&Change::Misdirected(ngrok(A, "3000"))),
        );
    }

    #[test]
    fn learning_where_a_tunnel_leads_is_no_change() {
        let unsure = found(Kind::Cloudflared, "https://d.trycloudflare.com", None);
        let sure = found(
            Kind::Cloudflared,
            "https://d.trycloudflare.com",
            Some("6464"),
        );
        check(&[unsure], &[sure], None);
    }
}
