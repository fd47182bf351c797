//! The orders that keys can have had before something sorted or shuffled them.

use std::borrow::Cow;

/// An object with an undocumented key or two is shuffled as a whole only up to this many keys.
const SHUFFLED_KEYS: usize = 5;

/// An order that follows from the keys alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sorted {
    /// By code point, as Python's `sort_keys` and Go's maps.
    Sorted,
    /// Array indices first and ascending, the rest as it came: JavaScript's objects.
    IntegersFirst,
}

/// The members in a sorted order.
pub(super) fn sort(sorted: Sorted, keys: &[Cow<'_, str>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    match sorted {
        Sorted::Sorted => order.sort_by(|&a, &b| keys[a].cmp(&keys[b])),
        Sorted::IntegersFirst => {
            order.sort_by_key(|&member| array_index(&keys[member]).unwrap_or(u64::MAX));
        }
    }
    order
}

/// A key that JavaScript treats as an index.
fn array_index(key: &str) -> Option<u64> {
    let index: u64 = key.parse().ok()?;
    (index < u64::from(u32::MAX) && index.to_string() == key).then_some(index)
}

/// The members in the documented order that covers most of an object's keys; unknown keys stay
/// behind, as they came. An object of which fewer than two keys are documented stays as it is.
///
/// `preferred` wins where it covers as many keys as another.
pub(super) fn document(
    documented: &[&[&str]],
    preferred: &[&str],
    keys: &[Cow<'_, str>],
) -> Vec<usize> {
    let covered = |order: &[&str]| keys.iter().filter(|key| order.contains(&&***key)).count();
    let best = documented
        .iter()
        .copied()
        .chain([preferred])
        .max_by_key(|order| covered(order))
        .unwrap_or_default();
    let mut members: Vec<usize> = (0..keys.len()).collect();
    if covered(best) >= 2 {
        members.sort_by_key(|&member| {
            let place = best.iter().position(|&known| known == keys[member]);
            place.unwrap_or(usize::MAX)
        });
    }
    members
}

/// Which objects' keys are shuffled when every order is tried, and how many orders there are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shuffle<'a> {
    shapes: Vec<Vec<Cow<'a, str>>>,
    /// How many orders there are in all.
    pub(super) count: usize,
}

impl<'a> Shuffle<'a> {
    /// Every order of the keys of all objects that no documented order covers, if there are no
    /// more than `most`. Objects with the same keys get the same order.
    pub(super) fn of(
        shapes: Vec<Vec<Cow<'a, str>>>,
        documented: &[&[&str]],
        most: usize,
    ) -> Option<Self> {
        let mut unknown: Vec<Vec<Cow<'a, str>>> = Vec::new();
        let mut count = 1usize;
        for mut shape in shapes {
            shape.sort();
            let is_documented = documented.iter().any(|order| {
                let covered = shape.iter().filter(|key| order.contains(&&***key)).count();
                covered == shape.len() || (covered >= 2 && shape.len() > SHUFFLED_KEYS)
            });
            if shape.len() < 2 || is_documented || unknown.contains(&shape) {
                continue;
            }
            let orders = (1..=shape.len()).try_fold(1usize, usize::checked_mul)?;
            count = count.checked_mul(orders).filter(|&count| count <= most)?;
            unknown.push(shape);
        }
        (count > 1).then_some(Self {
            shapes: unknown,
            count,
        })
    }

    /// The members in the order with this number, below [`count`](Self::count); `None` for an
    /// object that is not shuffled.
    pub(super) fn arrange(&self, mut number: usize, keys: &[Cow<'_, str>]) -> Option<Vec<usize>> {
        let mut sorted: Vec<usize> = sort(Sorted::Sorted, keys);
        for shape in &self.shapes {
            let orders: usize = (1..=shape.len()).product();
            let matches = shape.len() == keys.len()
                && sorted
                    .iter()
                    .zip(shape)
                    .all(|(&member, key)| keys[member] == *key);
            if matches {
                number %= orders;
                let mut arranged = Vec::with_capacity(sorted.len());
                for left in (1..=shape.len()).rev() {
                    arranged.push(sorted.remove(number % left));
                    number /= left;
                }
                return Some(arranged);
            }
            number /= orders;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn keys<'a>(names: &[&'a str]) -> Vec<Cow<'a, str>> {
        names.iter().map(|&name| Cow::Borrowed(name)).collect()
    }

    #[test]
    fn keys_are_sorted_by_code_point_and_javascript_puts_indices_first() {
        let names = keys(&["b", "10", "a", "9", "09", "Z"]);
        assert_eq!(sort(Sorted::Sorted, &names), [4, 1, 3, 5, 2, 0]);
        assert_eq!(sort(Sorted::IntegersFirst, &names), [3, 1, 0, 2, 4, 5]);
    }

    #[test]
    fn the_documented_order_that_covers_most_is_taken_and_unknown_keys_stay_behind() {
        let documented: &[&[&str]] = &[&["id", "status", "result"], &["name", "email"]];
        let envelope = keys(&["extra", "result", "id", "more", "status"]);
        assert_eq!(
            document(documented, documented[0], &envelope),
            [2, 4, 1, 0, 3]
        );
        let row = keys(&["email", "name"]);
        assert_eq!(document(documented, documented[0], &row), [1, 0]);
        let other = keys(&["status", "x"]);
        assert_eq!(document(documented, documented[0], &other), [0, 1]);
    }

    #[test]
    fn every_order_comes_exactly_once() {
        let shapes = vec![
            keys(&["id"]),
            keys(&["b", "a", "c"]),
            keys(&["y", "x"]),
            keys(&["x", "y"]),
        ];
        let shuffle = Shuffle::of(shapes, &[], 100).unwrap();
        assert_eq!(shuffle.count, 12);
        let seen: HashSet<_> = (0..12)
            .map(|number| {
                let first = shuffle.arrange(number, &keys(&["c", "a", "b"])).unwrap();
                let second = shuffle.arrange(number, &keys(&["y", "x"])).unwrap();
                assert_eq!(first.iter().collect::<HashSet<_>>().len(), 3);
                (first, second)
            })
            .collect();
        assert_eq!(seen.len(), 12);
        assert_eq!(shuffle.arrange(0, &keys(&["id"])), None);
    }

    #[test]
    fn too_many_orders_are_not_begun() {
        let many = vec![keys(&["a", "b", "c", "d", "e", "f", "g"])];
        assert_eq!(Shuffle::of(many.clone(), &[], 720), None);
        let documented: &[&[&str]] = &[&["a", "b", "c", "d", "e", "f", "g"]];
        assert_eq!(
            Shuffle::of(many, documented, 720),
            None,
            "nothing is unknown"
        );
    }
}
